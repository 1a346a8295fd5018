/*
Les dates à surveiller après le contrat, d'après les dates déclarées.
grain: ligne, role, date, libelle
colonnes:
  ligne: Question posée.
  role: De qui il s'agit : sous_traitant, porteur ou contrat.
  date: Date à surveiller.
  libelle: Ce qui arrive ce jour-là.
*/
with
delai as (
    select
        max(valeur) filter (where parametre = 'CERTIFICAT_AUDIT_DEBUT')::integer as audit_debut,
        max(valeur) filter (where parametre = 'CERTIFICAT_AUDIT_FIN')::integer as audit_fin,
        max(valeur) filter (where parametre = 'CERTIFICAT_RENOUVELLEMENT')::integer as renouvellement
    from portage.parametre
),

evenement as (
    select
        c.ligne,
        c.date as contrat,
        unnest(
            [
                {
                    'role': 'sous_traitant',
                    'date': (c.fait.attestation_vigilance + to_months(c.parametre.age_vigilance))::date,
                    'libelle': 'L''attestation de vigilance expire : demandez la suivante.'
                },
                { 'role': 'contrat', 'date': c.fait.fin_mission, 'libelle': 'Fin de la mission.' }
            ]
        ) as e
    from evaluation.cas as c
    union all
    select
        p.ligne,
        c.date as contrat,
        unnest(
            [
                {
                    'role': p.role,
                    'date': (p.certificat_debut + to_months(delai.audit_debut))::date,
                    'libelle': 'Début de la période de l''audit de surveillance'
                    || case p.role when 'porteur' then ' du porteur.' else ' du sous-traitant.' end
                },
                {
                    'role': p.role,
                    'date': (p.certificat_debut + to_months(delai.audit_fin))::date,
                    'libelle': 'Fin de la période de l''audit de surveillance'
                    || case p.role when 'porteur' then ' du porteur.' else ' du sous-traitant.' end
                },
                {
                    'role': p.role,
                    'date': (p.certificat_fin - to_months(delai.renouvellement))::date,
                    'libelle': 'Audit de renouvellement à prévoir au plus tard'
                    || case p.role when 'porteur' then ' pour le porteur.' else ' pour le sous-traitant.' end
                },
                {
                    'role': p.role,
                    'date': p.certificat_fin,
                    'libelle': 'Fin du certificat Qualiopi'
                    || case p.role when 'porteur' then ' du porteur.' else ' du sous-traitant.' end
                }
            ]
        ) as e
    from evaluation.partie as p
    inner join evaluation.cas as c on p.ligne = c.ligne
    cross join delai
    where p.role <> 'convention'
)

select
    ligne,
    e.role,
    e.date,
    e.libelle
from evenement
where e.date >= contrat
