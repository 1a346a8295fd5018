/*
Les exigences du portage, une par ligne, avec leur base légale et leur période de validité. Ce sont
elles que les verdicts appliquent : en changer, c'est changer data/reference/portage_regle.csv.
grain: regle
colonnes:
  regle: Identifiant de l'exigence.
  ordre: Rang d'affichage.
  role: Qui elle oblige : sous_traitant, porteur ou contrat.
  financements: Financements visés ; vide pour tous.
  actions: Catégories d'actions visées ; vide pour toutes.
  natures: Natures de formation visées (« non_dite » quand rien n'est dit) ; vide pour toutes.
  exigence: Ce qui est exigé.
  constat: Constat qui l'établit (voir portage.motif).
  dispenses: Dispenses admises.
  si_parametre: Paramètre qui doit valoir 1 à la date pour que l'exigence s'applique.
  etabli_par: REGISTRE, DECLARATION ou DOCUMENT.
  si_non_satisfait: Effet quand l'exigence n'est pas remplie ; vide sans effet.
  si_inconnu: Effet quand rien ne l'établit ; vide sans effet.
  si_douteux: Effet quand une question reste à trancher.
  base_legale: Articles.
  date_de_reference: Date à laquelle elle est jugée : contrat, convention (avec le financeur, sinon le
    contrat), ou mission (sa fin déclarée, sinon le contrat) pour sa seule période.
  valide_du: Premier jour d'application ; vide depuis toujours.
  valide_au: Dernier jour d'application ; vide sans fin connue.
  confiance: CODE (lu dans le Code), SOURCE (dit par une source publique), DEDUIT ou INCERTAIN.
  source: D'où vient la règle.
  note: Précisions et lectures divergentes.
*/
select
    regle,
    ordre::integer as ordre,
    role,
    case when financements <> '*' then string_split(financements, '|') end as financements,
    case when actions <> '*' then string_split(actions, '|') end as actions,
    case when natures <> '*' then string_split(natures, '|') end as natures,
    exigence,
    constat,
    case when dispenses <> '' then string_split(dispenses, '|') end as dispenses,
    nullif(si_parametre, '') as si_parametre,
    etabli_par,
    nullif(si_non_satisfait, '') as si_non_satisfait,
    nullif(si_inconnu, '') as si_inconnu,
    nullif(si_douteux, '') as si_douteux,
    base_legale,
    date_de_reference,
    nullif(valide_du, '')::date as valide_du,
    nullif(valide_au, '')::date as valide_au,
    confiance,
    source,
    nullif(note, '') as note
from fichier.portage_regle
order by ordre
