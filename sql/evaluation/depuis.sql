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
        p.nda is not null as listee,
        coalesce(p.etat = 'CERTIFIE', false) as certifie,
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
suite as (
    select
        j.*,
        v.valide_du,
        v.valide_au,
        v.listee as listee_alors,
        v.listee and coalesce(
            case j.action
                when 'ACTION_FORMATION' then v.certifie_action_formation
                when 'BILAN_COMPETENCES' then v.certifie_bilan_competences
                when 'VAE' then v.certifie_vae
                when 'APPRENTISSAGE' then v.certifie_apprentissage
            end, false
        ) as certifie_alors
    from jugee as j
    inner join lignee as l on j.nda = l.nda
    inner join historique.organisme_version as v
        on l.lignee = v.lignee and coalesce(j.date_liste < v.valide_au, true)
    union all
    select
        j.*,
        v.valide_du,
        v.valide_au,
        v.listee as listee_alors,
        v.listee and coalesce(
            case j.action
                when 'ACTION_FORMATION' then v.certifie_action_formation
                when 'BILAN_COMPETENCES' then v.certifie_bilan_competences
                when 'VAE' then v.certifie_vae
                when 'APPRENTISSAGE' then v.certifie_apprentissage
            end, false
        ) as certifie_alors
    from jugee as j
    inner join historique.organisme_version as v
        on j.siren = v.siren and coalesce(j.date_liste < v.valide_au, true)
    where j.nda is null
),

maintenant as (
    select
        ligne,
        role,
        any_value(listee) as listee,
        any_value(certifie) as certifie,
        coalesce(bool_or(listee_alors) filter (where valide_au is null), false) as listee_ici,
        coalesce(bool_or(certifie_alors) filter (where valide_au is null), false) as certifie_ici,
        max(valide_au) filter (where listee_alors) as sorti_le,
        max(valide_au) filter (where certifie_alors) as perdu_le,
        max(valide_au) filter (where not listee_alors) as revenu_le,
        max(valide_au) filter (where not certifie_alors) as obtenu_le,
        min(valide_du) filter (where date_liste < valide_du) as suivante_le,
        min(valide_du) filter (where date_liste < valide_du and not certifie_alors) as interrompu_le
    from suite
    group by ligne, role
)

select
    ligne,
    role,
    case
        when listee and not listee_ici then 'DEPUIS_SORTI'
        when certifie and not certifie_ici then 'DEPUIS_PERDU'
        when certifie and interrompu_le is not null then 'DEPUIS_INTERROMPU'
        when not certifie and certifie_ici then 'DEPUIS_OBTENU'
        when not listee and listee_ici then 'DEPUIS_PARU'
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
