/*
Les questions, avec leur date, leurs financements retenus et les faits déclarés. Payée en tout ou
partie par le CPF, une action suit les règles du CPF.
grain: ligne
colonnes:
  ligne: Question posée.
  juge_sous_traitant: Vrai si le sous-traitant et le contrat sont jugés.
  juge_porteur: Vrai si le porteur est jugé.
  est_profil: Vrai si la question est celle d'une situation, que nul n'est cherché dans la liste.
  date: Date du contrat, à laquelle le verdict est rendu.
  date_convention: Date de la convention avec le financeur, sinon du contrat : celle du certificat du
    porteur (R.6316-8).
  convention_a_part: Vrai si le porteur est jugé à une autre date que celle du contrat.
  age_liste: Jours entre le contrat et sa liste (voir evaluation.liste).
  liste_perimee: Vrai si la liste est trop ancienne pour dire certifié ou non.
  suivi_avant: Ce que l'on a des listes d'avant le contrat, quand aucune ne le couvre.
  financements: Financements dont les règles s'appliquent.
  action: Catégorie d'action.
  action_libelle: Son nom.
  nature: Nature de la formation, « non_dite » quand rien n'est dit.
  fin_ou_contrat: Fin déclarée de la mission, sinon date du contrat.
  micro_forme: Ce que la forme juridique dit du régime micro-social.
  immatriculation_forme: Ce qu'elle dit de l'immatriculation.
  forme_libelle: Nom de la forme juridique.
  situation: Ce dont dépendent les exigences applicables : dates, financements, action, nature, rôles
    jugés.
  fait: Tous les faits déclarés.
  parametre: Valeurs des paramètres à la date.
*/
select
    c.ligne,
    coalesce(c.role_juge, 'sous_traitant') = 'sous_traitant' as juge_sous_traitant,
    coalesce(c.role_juge, 'porteur') = 'porteur' and c.porteur is not null as juge_porteur,
    c.profil is not null as est_profil,
    p.date,
    coalesce(d.date_convention, p.date) as date_convention,
    juge_porteur and coalesce(d.date_convention <> p.date, false) as convention_a_part,
    l.age_liste,
    l.liste_perimee,
    l.suivi_avant,
    case
        when list_contains(d.financement, 'CPF') then ['CPF']
        else d.financement
    end as financements,
    d.action,
    a.libelle as action_libelle,
    -- Only a training action has one: said of a bilan, it takes none of its rules away.
    case
        when d.action = 'ACTION_FORMATION' then coalesce(d.type_formation, 'non_dite')
        else 'non_dite'
    end as nature,
    greatest(d.fin_mission, p.date) as fin_ou_contrat,
    f.micro_social as micro_forme,
    f.immatriculation as immatriculation_forme,
    f.libelle as forme_libelle,
    concat_ws(
        '|',
        p.date,
        coalesce(d.date_convention, p.date),
        fin_ou_contrat,
        financements,
        coalesce(d.action, ''),
        nature,
        juge_sous_traitant,
        juge_porteur
    ) as situation,
    d as fait,
    p as parametre
from demande.candidat as c
cross join demande.contexte as contexte
left join evaluation.declare as d on c.ligne = d.ligne
left join evaluation.parametre as p on p.date = coalesce(d.date, contexte.aujourd_hui)
left join evaluation.liste as l on p.date = l.date
left join reference.categorie_action as a on d.action = a.action
left join reference.forme_juridique as f on d.forme_juridique = f.forme_juridique
