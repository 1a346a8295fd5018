/*
Ce qui est constaté de la situation et des documents déclarés du sous-traitant.
grain: ligne
colonnes:
  ligne: Question posée.
  dispense_micro: Dispense du régime micro-social.
  dispense_micro_vae: La même, pour la VAE.
  dispense_micro_permis: La même, pour le permis de conduire.
  dispense_bloc: Dispense de qui assure une partie de l'action, et moins d'un bloc de compétences.
  dispense_portage_salarial: Règles de la sous-traitance devant un portage salarial ; vide sans lui.
  plafond_lu: Plafond qui fonde la dispense.
  preuve_micro: Preuve de la dispense invoquée.
  dereference: Déréférencement.
  accepte_cgu: Conditions générales.
  cascade: Sous-traitance en cascade.
  regularite: Régularité fiscale et sociale.
  probite: Probité des dirigeants.
  titres: Titres des intervenants.
  vigilance: Attestation de vigilance.
  immatriculation: Preuve d'immatriculation.
  salaries_etrangers: Salariés étrangers.
  documents_etranger: Documents d'un établi à l'étranger.
  unite_active: Unité légale.
  procedure_collective: Procédure collective.
  rc_pro: Assurance.
*/
with
situation as (
    select
        c.ligne,
        c.date,
        c.action,
        c.micro_forme,
        c.immatriculation_forme,
        c.fait,
        c.parametre,
        m.qualiopi,
        m.habilitation,
        coalesce(c.fait.montant < c.parametre.seuil_vigilance, false) as sous_seuil,
        case
            when c.fait.micro and c.micro_forme = 'IMPOSSIBLE' then 'MICRO_CONTRADICTOIRE'
            when not c.fait.micro then 'MICRO_NON'
            when c.micro_forme = 'IMPOSSIBLE' then 'MICRO_FORME_IMPOSSIBLE'
            when
                c.fait.ca > c.parametre.plafond_voisin
                and coalesce(c.fait.annee_ca between year(c.date) - 1 and year(c.date), true)
                then 'MICRO_DEPASSE'
            when c.fait.micro and c.fait.ca is null then 'MICRO_CA_INCONNU'
            when c.fait.micro and c.fait.annee_ca not between year(c.date) - 1 and year(c.date)
                then 'MICRO_CA_ANCIEN'
            when c.fait.micro and c.fait.ca <= c.parametre.plafond then 'MICRO_ACQUISE'
            when c.fait.micro then 'MICRO_PLAFOND_AUTRE'
            -- Presumed so or said so, the same turnover asks the same.
            when
                c.fait.ca > c.parametre.plafond
                and (c.micro_forme = 'POSSIBLE' or (c.micro_forme is null and p.personne_physique_presumee))
                then 'MICRO_PLAFOND_AUTRE'
            when c.micro_forme = 'POSSIBLE' then 'MICRO_PRESUMEE'
            when c.micro_forme = 'A_DEMANDER' then 'MICRO_FORME_A_DEMANDER'
            when p.personne_physique_presumee then 'MICRO_PRESUMEE'
            else 'MICRO_FORME_INCONNUE'
        end as dispense_micro,
        case
            when c.fait.bloc_complet then 'BLOC_COMPLET'
            when c.fait.partie = 'totale' then 'BLOC_ACTION_ENTIERE'
            when not c.fait.bloc_complet and c.fait.partie = 'partielle' then 'BLOC_MOINS'
            else 'BLOC_INCONNU'
        end as dispense_bloc
    from evaluation.cas as c
    inner join evaluation.motif_partie as m on c.ligne = m.ligne and m.role = 'sous_traitant'
    inner join evaluation.partie as p on c.ligne = p.ligne and p.role = 'sous_traitant'
),

rempli as (
    select motif
    from portage.motif
    where etat in ('SATISFAIT', 'SANS_OBJET')
),

-- The exemption is called upon when without it Qualiopi or the authorisation would be lacking.
invoquee as (
    select
        *,
        dispense_micro in (select motif from rempli)
        and (
            qualiopi not in (select motif from rempli)
            or (
                habilitation not in (select motif from rempli)
                and dispense_bloc not in (select motif from rempli)
                and exists (
                    select 1
                    from portage.regle as r
                    where
                        r.role = 'sous_traitant'
                        and r.constat = 'habilitation'
                        and coalesce(list_contains(r.actions, s.action), r.actions is null)
                )
            )
        ) as micro_invoquee
    from situation as s
)

select
    ligne,
    dispense_micro,
    case
        when dispense_micro in (
            'MICRO_ACQUISE', 'MICRO_CA_INCONNU', 'MICRO_CA_ANCIEN', 'MICRO_PRESUMEE', 'MICRO_PLAFOND_AUTRE'
        ) then 'MICRO_VAE'
        else dispense_micro
    end as dispense_micro_vae,
    if(dispense_micro_vae = 'MICRO_VAE', 'MICRO_PERMIS', dispense_micro_vae) as dispense_micro_permis,
    dispense_bloc,
    if(fait.portage_salarial, 'PORTAGE_SALARIAL_DISPENSE', null) as dispense_portage_salarial,
    if(
        micro_invoquee and fait.ca > parametre.plafond_lu, 'PLAFOND_NON_LU', 'PLAFOND_LU'
    ) as plafond_lu,
    case
        when not micro_invoquee then 'MICRO_PREUVE_SANS_OBJET'
        when fait.attestation_micro then 'MICRO_PREUVE_TENUE'
        else 'MICRO_PREUVE_MANQUANTE'
    end as preuve_micro,
    case
        when fait.dereference then 'DEREFERENCE_NON_SATISFAIT'
        when not fait.dereference then 'DEREFERENCE_SATISFAIT'
        else 'DEREFERENCE_NON_DIT'
    end as dereference,
    case
        when fait.accepte_cgu then 'ACCEPTE_CGU_SATISFAIT'
        when not fait.accepte_cgu then 'ACCEPTE_CGU_NON_SATISFAIT'
        else 'ACCEPTE_CGU_NON_DIT'
    end as accepte_cgu,
    case
        when fait.cascade then 'CASCADE_NON_SATISFAIT'
        when not fait.cascade then 'CASCADE_SATISFAIT'
        else 'CASCADE_NON_DIT'
    end as cascade,
    case
        when fait.regularite then 'REGULARITE_SATISFAIT'
        when not fait.regularite then 'REGULARITE_NON_SATISFAIT'
        else 'REGULARITE_NON_DIT'
    end as regularite,
    case
        when fait.probite then 'PROBITE_SATISFAIT'
        when not fait.probite then 'PROBITE_NON_SATISFAIT'
        else 'PROBITE_NON_DIT'
    end as probite,
    case when fait.titres then 'TITRES_SATISFAIT' else 'TITRES_NON_DIT' end as titres,
    case
        when sous_seuil then 'VIGILANCE_SOUS_SEUIL'
        when fait.etabli_etranger then 'VIGILANCE_ETRANGER'
        when fait.attestation_vigilance is null then 'VIGILANCE_MANQUANTE'
        when fait.attestation_vigilance > date then 'VIGILANCE_POSTERIEURE'
        when fait.attestation_vigilance + to_months(parametre.age_vigilance) <= date
            then 'VIGILANCE_EXPIREE'
        else 'VIGILANCE_A_JOUR'
    end as vigilance,
    case
        when sous_seuil then 'IMMATRICULATION_SOUS_SEUIL'
        when fait.etabli_etranger then 'IMMATRICULATION_ETRANGER'
        when fait.immatriculation then 'IMMATRICULATION_TENUE'
        when immatriculation_forme = 'NON' then 'IMMATRICULATION_NON_OBLIGATOIRE'
        else 'IMMATRICULATION_MANQUANTE'
    end as immatriculation,
    case
        when sous_seuil then 'ETRANGERS_SOUS_SEUIL'
        when not fait.salaries_etrangers then 'ETRANGERS_AUCUN'
        when fait.liste_salaries_etrangers then 'ETRANGERS_LISTE_TENUE'
        when fait.salaries_etrangers then 'ETRANGERS_LISTE_MANQUANTE'
        else 'ETRANGERS_NON_DIT'
    end as salaries_etrangers,
    case
        when not coalesce(fait.etabli_etranger, false) then 'ETRANGER_NON'
        when sous_seuil then 'ETRANGER_SOUS_SEUIL'
        when fait.documents_etranger then 'ETRANGER_DOCUMENTS_TENUS'
        else 'ETRANGER_DOCUMENTS_MANQUANTS'
    end as documents_etranger,
    case
        when fait.unite_active then 'UNITE_ACTIVE_SATISFAIT'
        when not fait.unite_active then 'UNITE_ACTIVE_NON_SATISFAIT'
        else 'UNITE_ACTIVE_NON_DIT'
    end as unite_active,
    case
        when fait.procedure_collective then 'PROCEDURE_COLLECTIVE_NON_SATISFAIT'
        when not fait.procedure_collective then 'PROCEDURE_COLLECTIVE_SATISFAIT'
        else 'PROCEDURE_COLLECTIVE_NON_DIT'
    end as procedure_collective,
    case
        when fait.rc_pro then 'RC_PRO_SATISFAIT'
        when not fait.rc_pro then 'RC_PRO_NON_SATISFAIT'
        else 'RC_PRO_NON_DIT'
    end as rc_pro
from invoquee
