/*
Combien d'organismes ont chaque verdict, par territoire, rôle, financement et catégorie d'actions, à
la date de la liste et sans rien de déclaré.
grain: code_region, code_departement, role, financement, action
colonnes:
  date_instantane: Date de la liste.
  code_region: Région ; vide quand elle n'est pas connue.
  code_departement: Département ; vide quand il n'est pas connu.
  role: sous_traitant ou porteur.
  financement: Financement (voir reference.financement).
  action: Catégorie d'actions (voir reference.categorie_action).
  nb_organismes: Organismes jugés.
  nb_eligible: Verdict ELIGIBLE.
  nb_pieces_manquantes: Verdict PIECES_MANQUANTES.
  nb_a_verifier: Verdict A_VERIFIER.
  nb_non_eligible: Verdict NON_ELIGIBLE.
  nb_satisfait: La liste seule montre l'exigence remplie.
  nb_non_satisfait: La liste seule montre l'exigence non remplie.
  nb_indetermine: La liste seule ne dit rien.
*/
with
compte as (
    select
        o.code_region,
        o.code_departement,
        p.profil,
        count(*) as nb
    from portage.profil as p
    inner join socle.organisme as o on p.nda = o.nda
    group by all
)

select
    (select date_contenu from meta.publication) as date_instantane,
    c.code_region,
    c.code_departement,
    v.role,
    v.financement,
    v.action,
    sum(c.nb)::bigint as nb_organismes,
    coalesce(sum(c.nb) filter (where v.verdict = 'ELIGIBLE'), 0)::bigint as nb_eligible,
    coalesce(sum(c.nb) filter (where v.verdict = 'PIECES_MANQUANTES'), 0)::bigint as nb_pieces_manquantes,
    coalesce(sum(c.nb) filter (where v.verdict = 'A_VERIFIER'), 0)::bigint as nb_a_verifier,
    coalesce(sum(c.nb) filter (where v.verdict = 'NON_ELIGIBLE'), 0)::bigint as nb_non_eligible,
    coalesce(sum(c.nb) filter (where v.statut_registre = 'SATISFAIT'), 0)::bigint as nb_satisfait,
    coalesce(sum(c.nb) filter (where v.statut_registre = 'NON_SATISFAIT'), 0)::bigint as nb_non_satisfait,
    coalesce(sum(c.nb) filter (where v.statut_registre = 'INDETERMINE'), 0)::bigint as nb_indetermine
from compte as c
inner join portage.verdict_profil as v on c.profil = v.profil
group by c.code_region, c.code_departement, v.role, v.financement, v.action
order by c.code_region, c.code_departement, v.role, v.financement, v.action
