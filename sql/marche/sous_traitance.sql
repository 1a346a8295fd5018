/*
Qui reçoit déjà des stagiaires d'autres organismes : le seul signe de sous-traitance que donne la
liste. Les stagiaires confiés ne sont pas une partie des stagiaires propres, et les dépassent souvent.
grain: perimetre, code
colonnes:
  date_instantane: Date de la liste.
  perimetre: NATION, REGION, DEPARTEMENT, TAILLE (classe d'effectif de formateurs) ou CERTIFICATION.
  code: Code du lieu (vide : non déterminé, ou la nation), classe, ou CERTIFIE, NON_CERTIFIE, INCONNUE.
  libelle: Son nom.
  nb_organismes: Organismes du périmètre.
  nb_receveurs: Ceux qui déclarent des stagiaires confiés par un autre organisme.
  nb_confies_connus: Organismes dont le nombre de stagiaires confiés est connu.
  part_receveurs_pct: 100 × nb_receveurs / nb_confies_connus ; vide si aucun n'est connu.
  nb_receveurs_certifies: Receveurs certifiés.
  nb_stagiaires_confies: Stagiaires confiés, valeurs absurdes comprises.
  nb_stagiaires_confies_bornes: Stagiaires confiés, chaque valeur ramenée à la borne de socle.bornage.
  nb_stagiaires_confies_nation: Stagiaires confiés dans toute la liste, valeurs absurdes comprises.
  part_nationale_pct: 100 × nb_stagiaires_confies / nb_stagiaires_confies_nation, valeurs absurdes
    comprises.
  nb_stagiaires_receveurs: Stagiaires propres des receveurs, valeurs absurdes comprises.
  ratio_confies_propres: nb_stagiaires_confies / nb_stagiaires_receveurs, valeurs absurdes comprises.
  mediane_confies: Médiane de stagiaires confiés par receveur.
  nb_sans_stagiaire_propre: Receveurs qui déclarent zéro stagiaire propre : ils ne travaillent que pour
    d'autres, ou ont mal rempli leur déclaration.
  nb_confies_superieurs: Receveurs à qui l'on confie plus de stagiaires qu'ils n'en ont en propre.
  petit_effectif: Vrai si nb_receveurs est inférieur à 5.
*/
with
present as (
    select
        a.*,
        unnest(['NATION', 'REGION', 'DEPARTEMENT', 'TAILLE', 'CERTIFICATION']) as perimetre,
        unnest([
            null,
            a.code_region,
            a.code_departement,
            a.classe_formateurs,
            case
                when a.est_certifie then 'CERTIFIE'
                when not a.est_certifie then 'NON_CERTIFIE'
                else 'INCONNUE'
            end
        ]) as code,
        a.nb_stagiaires_confies > 0 as recoit
    from socle.activite as a
),

compte as (
    select
        perimetre,
        code,
        count(*) as nb_organismes,
        count(*) filter (where recoit) as nb_receveurs,
        count(nb_stagiaires_confies) as nb_confies_connus,
        count(*) filter (where recoit and est_certifie) as nb_receveurs_certifies,
        coalesce(sum(nb_stagiaires_confies), 0)::bigint as nb_stagiaires_confies,
        coalesce(sum(nb_stagiaires_confies_bornes), 0)::bigint as nb_stagiaires_confies_bornes,
        coalesce(sum(nb_stagiaires) filter (where recoit), 0)::bigint as nb_stagiaires_receveurs,
        median(nb_stagiaires_confies) filter (where recoit) as mediane_confies,
        count(*) filter (where recoit and nb_stagiaires = 0) as nb_sans_stagiaire_propre,
        count(*) filter (where recoit and nb_stagiaires_confies > nb_stagiaires) as nb_confies_superieurs
    from present
    group by perimetre, code
),

nation as (
    select coalesce(sum(nb_stagiaires_confies), 0)::bigint as nb_stagiaires_confies
    from socle.activite
)

select
    e.date_contenu as date_instantane,
    c.perimetre,
    c.code,
    case c.perimetre
        when 'NATION' then 'France entière'
        when 'REGION' then coalesce(r.region, 'Code inconnu (' || c.code || ')', 'Non déterminée')
        when 'DEPARTEMENT' then coalesce(d.departement, 'Code inconnu (' || c.code || ')', 'Non déterminé')
        when 'TAILLE' then 'Formateurs : ' || c.code
        else
            case c.code
                when 'CERTIFIE' then 'Certifiés'
                when 'NON_CERTIFIE' then 'Non certifiés'
                else 'Certification inconnue'
            end
    end as libelle,
    c.nb_organismes,
    c.nb_receveurs,
    c.nb_confies_connus,
    round(100 * c.nb_receveurs / nullif(c.nb_confies_connus, 0), 2) as part_receveurs_pct,
    c.nb_receveurs_certifies,
    c.nb_stagiaires_confies,
    c.nb_stagiaires_confies_bornes,
    n.nb_stagiaires_confies as nb_stagiaires_confies_nation,
    round(100 * c.nb_stagiaires_confies / nullif(n.nb_stagiaires_confies, 0), 2) as part_nationale_pct,
    c.nb_stagiaires_receveurs,
    round(c.nb_stagiaires_confies / nullif(c.nb_stagiaires_receveurs, 0), 3) as ratio_confies_propres,
    c.mediane_confies,
    c.nb_sans_stagiaire_propre,
    c.nb_confies_superieurs,
    c.nb_receveurs < 5 as petit_effectif
from compte as c
cross join nation as n
cross join execution.liste as e
left join reference.region as r on c.perimetre = 'REGION' and c.code = r.code_region
left join reference.departement as d on c.perimetre = 'DEPARTEMENT' and c.code = d.code_departement
order by c.perimetre, c.code
