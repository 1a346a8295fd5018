/*
Le sous-traitant et le porteur de chaque question, tels que la liste et le certificat déclaré les
montrent. Demandée par SIREN ou par nom, une entité est jugée sous son numéro certifié pour
l'action, s'il y en a un.
grain: ligne, role
colonnes:
  ligne: Question posée.
  role: sous_traitant ou porteur.
  identifie: Faux si l'organisme n'est pas identifié sans ambiguïté.
  demande_par: NDA, SIRET, SIREN ou NOM.
  identifiant: Numéro tel qu'il est compris.
  message: Ce que le rapprochement en dit.
  nda: Numéro sous lequel il est jugé ; vide s'il n'est pas dans la liste.
  siren: SIREN.
  etat: État du drapeau de l'action : CERTIFIE, NON_CERTIFIE ou INCONNU.
  autre_nda: Autre numéro du même SIREN, certifié pour l'action.
  personne_physique_presumee: Dénomination de personne physique.
  repute_certifie: Dénomination d'établissement réputé certifié.
  certificat_nomme: Vrai si le certificat déclaré vise l'action.
  certificat_declare: Vrai si quelque chose est dit du certificat.
  certificat_debut: Début déclaré du certificat.
  certificat_fin: Fin du certificat, déclarée ou déduite de sa durée.
  recepisse: Vrai si le récépissé de déclaration est déclaré tenu.
  habilitation: Habilitation déclarée.
  caduque: Déclaration d'activité caduque, annulée ou suspendue.
*/
with
possible as (
    select
        r.ligne,
        r.role,
        c.action,
        unnest(r.ndas) as nda,
        generate_subscripts(r.ndas, 1) as rang
    from evaluation.rapprochement as r
    inner join evaluation.cas as c on r.ligne = c.ligne
    where r.qualite in ('EXACT', 'ANCIEN_NDA', 'REPARE', 'NOM')
),

etat as (
    select
        x.ligne,
        x.role,
        x.nda,
        x.rang,
        p.siren,
        case x.action
            when 'ACTION_FORMATION' then p.etat_action_formation
            when 'BILAN_COMPETENCES' then p.etat_bilan_competences
            when 'VAE' then p.etat_vae
            when 'APPRENTISSAGE' then p.etat_apprentissage
        end as etat,
        case x.action
            when 'ACTION_FORMATION' then p.autre_nda_action_formation
            when 'BILAN_COMPETENCES' then p.autre_nda_bilan_competences
            when 'VAE' then p.autre_nda_vae
            when 'APPRENTISSAGE' then p.autre_nda_apprentissage
        end as autre_nda,
        p.personne_physique_presumee,
        p.repute_certifie
    from possible as x
    inner join portage.profil as p on x.nda = p.nda
),

retenu as (
    select *
    from etat
    qualify
        row_number() over (
            partition by ligne, role
            order by case etat when 'CERTIFIE' then 0 when 'INCONNU' then 1 else 2 end, rang
        ) = 1
),

declare as (
    select
        r.*,
        coalesce(r.qualite in ('EXACT', 'ANCIEN_NDA', 'REPARE', 'NOM', 'ABSENT'), false) as identifie,
        case r.role
            when 'porteur' then c.fait.porteur_certificat
            else c.fait.certificat
        end as certificat,
        case r.role
            when 'porteur' then c.fait.porteur_certificat_debut
            else c.fait.certificat_debut
        end as debut,
        case r.role
            when 'porteur' then c.fait.porteur_certificat_fin
            else c.fait.certificat_fin
        end as fin,
        case r.role
            when 'porteur' then c.fait.porteur_recepisse_nda
            else c.fait.recepisse_nda
        end as recepisse,
        case r.role
            when 'porteur' then c.fait.porteur_habilitation
            else c.fait.habilitation
        end as habilitation,
        case r.role
            when 'porteur' then c.fait.porteur_certificat_declare
            else c.fait.certificat_declare
        end as certificat_declare,
        case r.role
            when 'porteur' then c.fait.porteur_declaration_caduque
            else c.fait.declaration_caduque
        end as caduque,
        c.action,
        c.parametre.duree_certificat as duree
    from evaluation.rapprochement as r
    inner join evaluation.cas as c on r.ligne = c.ligne
    where (r.role = 'porteur' and c.juge_porteur) or (r.role <> 'porteur' and c.juge_sous_traitant)
)

select
    d.ligne,
    d.role,
    d.identifie,
    d.demande_par,
    d.identifiant,
    d.message,
    r.nda,
    coalesce(r.siren, d.siren) as siren,
    r.etat,
    r.autre_nda,
    r.personne_physique_presumee,
    r.repute_certifie,
    list_contains(d.certificat, d.action) as certificat_nomme,
    d.certificat_declare,
    d.debut as certificat_debut,
    coalesce(d.fin, (d.debut + to_years(d.duree) - interval 1 day)::date) as certificat_fin,
    d.recepisse,
    d.habilitation,
    d.caduque
from declare as d
left join retenu as r on d.ligne = r.ligne and d.role = r.role
