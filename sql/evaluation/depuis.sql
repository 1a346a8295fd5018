/*
Ce que les listes suivantes ont dit d'une partie jugée sur une liste du passé : une certification perdue
depuis ne défait pas le contrat, mais la mission peut courir encore.
grain: ligne, role
colonnes:
  ligne: Question posée.
  role: (evaluation.partie)
  liste_depuis: Ce qui est constaté.
  depuis_le: Date de la première liste qui le dit.
*/
with
jugee as (
    select
        p.ligne,
        p.role,
        p.date_liste,
        c.action,
        p.nda is not null as etait_listee,
        coalesce(p.etat = 'CERTIFIE', false) as etait_certifie,
        coalesce(p.nda, if(p.demande_par = 'NDA', p.identifiant, null)) as nda,
        p.siren
    from evaluation.partie as p
    inner join evaluation.cas as c on p.ligne = c.ligne
    where p.liste_passee and p.identifie
),

lignee as (
    select distinct
        nda,
        lignee
    from historique.organisme_version
),

-- From the list of the day on, under whatever number; whom no number names, by its SIREN.
version as (
    select
        j.*,
        v.* exclude (nda, siren)
    from jugee as j
    inner join lignee as l on j.nda = l.nda
    inner join historique.organisme_version as v on l.lignee = v.lignee
    union all
    select
        j.*,
        v.* exclude (nda, siren)
    from jugee as j
    inner join historique.organisme_version as v on j.siren = v.siren
    where j.nda is null
),

suite as (
    select
        ligne,
        role,
        date_liste,
        etait_listee,
        etait_certifie,
        valide_du,
        valide_au,
        listee,
        listee and coalesce(
            case action
                when 'ACTION_FORMATION' then certifie_action_formation
                when 'BILAN_COMPETENCES' then certifie_bilan_competences
                when 'VAE' then certifie_vae
                when 'APPRENTISSAGE' then certifie_apprentissage
            end, false
        ) as certifie
    from version
    where coalesce(date_liste < valide_au, true)
),

maintenant as (
    select
        ligne,
        role,
        any_value(etait_listee) as etait_listee,
        any_value(etait_certifie) as etait_certifie,
        coalesce(bool_or(listee) filter (where valide_au is null), false) as est_listee,
        coalesce(bool_or(certifie) filter (where valide_au is null), false) as est_certifie,
        max(valide_au) filter (where listee) as sorti_le,
        max(valide_au) filter (where certifie) as perdu_le,
        max(valide_au) filter (where not listee) as revenu_le,
        max(valide_au) filter (where not certifie) as obtenu_le,
        min(valide_du) filter (where date_liste < valide_du) as suivante_le,
        min(valide_du) filter (where date_liste < valide_du and not certifie) as interrompu_le
    from suite
    group by ligne, role
)

select
    ligne,
    role,
    case
        when etait_listee and not est_listee then 'DEPUIS_SORTI'
        when etait_certifie and not est_certifie then 'DEPUIS_PERDU'
        when etait_certifie and interrompu_le is not null then 'DEPUIS_INTERROMPU'
        when not etait_certifie and est_certifie then 'DEPUIS_OBTENU'
        when not etait_listee and est_listee then 'DEPUIS_PARU'
        else 'DEPUIS_MEME'
    end as liste_depuis,
    case liste_depuis
        when 'DEPUIS_SORTI' then sorti_le
        when 'DEPUIS_PERDU' then perdu_le
        when 'DEPUIS_INTERROMPU' then interrompu_le
        when 'DEPUIS_OBTENU' then coalesce(obtenu_le, suivante_le)
        when 'DEPUIS_PARU' then coalesce(revenu_le, suivante_le)
    end as depuis_le
from maintenant
