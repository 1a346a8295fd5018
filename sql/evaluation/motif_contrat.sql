/*
Ce qui est constaté de la mission et de son contrat.
grain: ligne
colonnes:
  ligne: Question posée.
  faits_lisibles: Lecture des faits déclarés.
  faits_coherents: Contradictions entre eux.
  illisibles: Phrases sur les faits qui ne se lisent pas.
  contradictions: Phrases sur les contradictions.
  date_couverte: Date du contrat, devant celle de la liste du jour.
  avant_2022: Contrat d'avant 2022.
  avenant: Avenant.
  porteur_nomme: Faits du porteur sans porteur.
  texte_2026: Texte changé en 2026.
  creation_cpf: Création d'entreprise payée par le CPF.
  permis_public: Permis payé par le CPF.
  contrat_communique: Communication à la Caisse des dépôts.
  sanctions_cpf: Ce que risque le porteur.
  exigences_rnq: Exigences du référentiel nommées au contrat.
  apprentissage_cpf: Apprentissage payé par le CPF.
  apprentissage_autre: Apprentissage payé autrement que par l'OPCO.
  contrat_ecrit: Contrat écrit.
  type_formation: Nature de la formation.
  portage_salarial: Portage salarial.
  bilan_heures: Durée du bilan.
  bilan_entier: Part confiée du bilan.
  consentement: Consentement du bénéficiaire.
  bilan_donnees: Protection des résultats du bilan.
  bilan_5_ans: Bilan précédent.
  bilan_plafond: Montant du bilan.
  lecture_bilan: Lecture divergente sur le bilan.
*/
with
phrases as (
    select
        c.*,
        list_concat(
            c.fait.defauts,
            list_filter(
                [
                    case
                        when len(coalesce(c.financements, [])) = 0 then 'Le financement n''est pas précisé.'
                    end,
                    case when c.action is null then 'La catégorie d''action n''est pas précisée.' end
                ],
                lambda x: x is not null
            )
        ) as illisibles,
        list_filter(
            [
                case
                    when c.fait.micro and c.micro_forme = 'IMPOSSIBLE'
                        then
                            'Le régime micro-social et la forme juridique déclarés ('
                            || c.forme_libelle || ') se contredisent : lequel est juste ?'
                end,
                case
                    when c.fait.certificat_fin < c.fait.certificat_debut
                        then 'Le certificat déclaré finit avant de commencer : corrigez ses dates.'
                end,
                case
                    when c.fait.porteur_certificat_fin < c.fait.porteur_certificat_debut
                        then 'Le certificat du porteur finit avant de commencer : corrigez ses dates.'
                end,
                -- Those given before 2021 lasted a year more: all of them had ended with 2024.
                case
                    when
                        c.fait.certificat_fin
                        > greatest(
                            coalesce(c.fait.certificat_debut, c.date)
                            + to_years(c.parametre.duree_certificat),
                            date '2024-12-31'
                        )
                        then
                            'Un certificat vaut ' || c.parametre.duree_certificat
                            || ' ans (R.6316-2), celui-là finit plus tard : corrigez ses dates.'
                end,
                case
                    when
                        c.fait.porteur_certificat_fin
                        > greatest(
                            coalesce(c.fait.porteur_certificat_debut, c.date)
                            + to_years(c.parametre.duree_certificat),
                            date '2024-12-31'
                        )
                        then
                            'Un certificat vaut ' || c.parametre.duree_certificat
                            || ' ans (R.6316-2), celui du porteur finit plus tard : corrigez-le.'
                end,
                case
                    when c.fait.fin_mission < c.date
                        then 'La mission finit avant la date du contrat : corrigez les dates.'
                end
            ],
            lambda x: x is not null
        ) as contradictions
    from evaluation.cas as c
    where c.juge_sous_traitant
),

regle as (
    select max(valide_au) as avenant_jusqu_au
    from portage.regle
    where constat = 'avenant'
)

select
    p.ligne,
    case when len(p.illisibles) > 0 then 'FAITS_ILLISIBLES' else 'FAITS_LISIBLES' end as faits_lisibles,
    case
        when len(p.contradictions) > 0 then 'FAITS_CONTRADICTOIRES' else 'FAITS_COHERENTS'
    end as faits_coherents,
    list_aggregate(p.illisibles, 'string_agg', ' ') as illisibles,
    list_aggregate(p.contradictions, 'string_agg', ' ') as contradictions,
    case
        when p.est_profil then 'DATE_PROFIL'
        when p.age_liste < 0 then 'DATE_AVANT_LISTE'
        else 'DATE_COUVERTE'
    end as date_couverte,
    'DATE_AVANT_2022' as avant_2022,
    case
        when p.fait.date_avenant is null then 'AVENANT_NON_DIT'
        when p.fait.date_avenant > regle.avenant_jusqu_au then 'AVENANT_POSTERIEUR'
        else 'AVENANT_ANTERIEUR'
    end as avenant,
    case
        when p.juge_porteur or not coalesce(p.fait.faits_du_porteur, false) then 'PORTEUR_NOMME'
        -- Told of whoever it may be, it would stop the operation.
        when
            p.fait.porteur_declaration_caduque
            or (
                list_contains(p.financements, 'CPF')
                and (
                    p.fait.part_sous_traitee > p.parametre.part_max
                    or not p.fait.porteur_edof
                    or not p.fait.porteur_habilitation
                    or not p.fait.porteur_agrement_conduite
                    or not p.fait.porteur_france_vae
                )
            )
            then 'PORTEUR_TU_CONTRAIRE'
        else 'PORTEUR_TU'
    end as porteur_nomme,
    'TEXTE_2026' as texte_2026,
    'CREATION_HORS_CPF' as creation_cpf,
    'PERMIS_PUBLIC' as permis_public,
    case
        when p.fait.contrat_communique then 'CONTRAT_COMMUNIQUE_OUI'
        when not p.fait.contrat_communique then 'CONTRAT_COMMUNIQUE_NON'
        when p.juge_porteur then 'CONTRAT_COMMUNIQUE_NON_DIT'
        else 'CONTRAT_COMMUNIQUE_AU_PORTEUR'
    end as contrat_communique,
    case
        when
            p.fait.cascade
            or p.fait.dereference
            or not p.fait.regularite
            or not p.fait.accepte_cgu
            or not p.fait.contrat_communique
            or (p.juge_porteur and p.fait.part_sous_traitee > p.parametre.part_max)
            then 'SANCTIONS_ENCOURUES'
        else 'SANCTIONS_SANS_OBJET'
    end as sanctions_cpf,
    case
        when p.fait.exigences_rnq then 'EXIGENCES_RNQ_NOMMEES' else 'EXIGENCES_RNQ_NON_NOMMEES'
    end as exigences_rnq,
    'APPRENTISSAGE_HORS_CPF' as apprentissage_cpf,
    'APPRENTISSAGE_AUTRE' as apprentissage_autre,
    case when p.fait.contrat_ecrit then 'CONTRAT_TENU' else 'CONTRAT_MANQUANT' end as contrat_ecrit,
    case
        when p.fait.type_formation is null then 'NATURE_NON_DITE'
        when p.fait.type_formation = 'action_de_droit' then 'NATURE_A_PRECISER'
        else 'NATURE_DITE'
    end as type_formation,
    case
        when p.fait.portage_salarial then 'PORTAGE_SALARIAL'
        when not p.fait.portage_salarial then 'PORTAGE_SALARIAL_NON'
        else 'PORTAGE_SALARIAL_NON_DIT'
    end as portage_salarial,
    case
        when p.fait.heures is null then 'HEURES_NON_DITES'
        when p.fait.heures > p.parametre.heures_max then 'HEURES_DEPASSEES'
        else 'HEURES_ADMISES'
    end as bilan_heures,
    case p.fait.partie
        when 'totale' then 'PARTIE_TOTALE'
        when 'partielle' then 'PARTIE_PARTIELLE'
        else 'PARTIE_NON_DITE'
    end as bilan_entier,
    case
        when p.fait.consentement then 'CONSENTEMENT_OUI'
        when not p.fait.consentement then 'CONSENTEMENT_REFUSE'
        else 'CONSENTEMENT_NON_DIT'
    end as consentement,
    case
        when p.fait.bilan_donnees then 'BILAN_DONNEES_TENU'
        when not p.fait.bilan_donnees then 'BILAN_DONNEES_NON'
        else 'BILAN_DONNEES_NON_DIT'
    end as bilan_donnees,
    case
        when p.fait.bilan_5_ans then 'BILAN_5_ANS_OUI'
        when not p.fait.bilan_5_ans then 'BILAN_5_ANS_NON'
        else 'BILAN_5_ANS_NON_DIT'
    end as bilan_5_ans,
    case
        when p.fait.montant is null then 'BILAN_PLAFOND_NON_DIT'
        when p.fait.montant > p.parametre.bilan_plafond then 'BILAN_PLAFOND_DEPASSE'
        else 'BILAN_PLAFOND_TENU'
    end as bilan_plafond,
    case
        when q.etat = 'SATISFAIT' then 'LECTURE_SANS_OBJET'
        else 'LECTURE_DIVERGENTE'
    end as lecture_bilan
from phrases as p
inner join evaluation.motif_partie as m on p.ligne = m.ligne and m.role = 'sous_traitant'
inner join portage.motif as q on m.qualiopi = q.motif
cross join regle
