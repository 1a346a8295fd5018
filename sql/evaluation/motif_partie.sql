/*
Ce qui est constaté du sous-traitant et du porteur par la liste et par leur certificat.
grain: ligne, role
colonnes:
  ligne: Question posée.
  role: (evaluation.partie)
  identite: Qui il est.
  nda: Son numéro de déclaration.
  nda_en_vigueur: La validité de sa déclaration.
  bpf: Son bilan pédagogique et financier.
  qualiopi: Sa certification pour l'action.
  registre_qualiopi: Ce que la liste seule en dit.
  fin_certificat: La fin de son certificat, devant celle de la mission.
  certificat_categorie: Les catégories de son certificat, devant ce que la liste dit.
  habilitation: Son habilitation par le certificateur.
  habilitation_hors_cpf: La même, hors CPF.
  agrement_conduite: Son agrément d'école de conduite.
  france_vae: Son référencement sur France VAE.
  liste_depuis: Ce que les listes suivantes ont dit.
*/
with
certificat as (
    select
        p.*,
        c.fait.fin_mission,
        coalesce(d.liste_depuis, 'DEPUIS_SANS_OBJET') as liste_depuis,
        c.fait.type_formation,
        c.fait.bloc_complet,
        coalesce(
            p.certificat_nomme
            and p.certificat_fin >= p.date
            and coalesce(p.certificat_debut <= p.date, true),
            false
        ) as en_cours,
        coalesce(
            coalesce(p.certificat_nomme, true) and p.certificat_fin < p.date, false
        ) as fini,
        coalesce(p.certificat_nomme and p.certificat_debut > p.date, false) as a_venir,
        -- Not all of its categories or dates can be read.
        coalesce(
            case
                when p.certificat_nomme then p.certificat_fin is null
                else
                    p.certificat_nomme is null
                    and (p.certificat_declare or p.certificat_fin >= p.date)
            end,
            false
        ) as incomplet,
        p.role = 'porteur' and c.convention_a_part as certificat_convention
    from evaluation.partie as p
    inner join evaluation.cas as c on p.ligne = c.ligne
    left join evaluation.depuis as d on p.ligne = d.ligne and p.role = d.role
)

select
    ligne,
    role,
    case
        when qualite = 'PROFIL' then 'IDENTITE_PROFIL'
        when not identifie then 'IDENTITE_DOUTEUSE'
        when nda is null then 'IDENTITE_ABSENTE'
        when message is not null then 'IDENTITE_DITE'
        else 'IDENTITE_SURE'
    end as identite,
    case
        when nda is not null then 'NDA_LISTE'
        when qualite = 'PROFIL' then 'NDA_PROFIL'
        when not identifie then 'NDA_INDETERMINE'
        when sorti_le is not null then 'NDA_SORTI'
        when paru_le is not null and not recepisse_recent then 'NDA_PARU_DEPUIS'
        when recepisse_recent then 'NDA_RECEPISSE'
        when recepisse or recepisse_date is not null then 'NDA_RECEPISSE_ANCIEN'
        else 'NDA_INTROUVABLE'
    end as nda,
    case
        when caduque then 'NDA_CADUC'
        when not identifie then 'NDA_VIGUEUR_INDETERMINEE'
        when nda is not null and liste_perimee then 'NDA_PERIMEE'
        when nda is not null then 'NDA_A_JOUR'
        when recepisse_recent then 'NDA_VIGUEUR_RECENTE'
        when not caduque then 'NDA_VIGUEUR_DECLAREE'
        else 'NDA_VIGUEUR_INCONNUE'
    end as nda_en_vigueur,
    case
        when not identifie then 'BPF_INDETERMINE'
        -- Dropped at the end of May, it would be a question in a list of the day; and so would a listed
        -- number that it may be, one digit away.
        when
            (nda is not null or len(voisins) > 0)
            and liste_perimee
            and date - age_liste::integer < make_date(year(date) - (month(date) < 6)::integer, 5, 31)
            then 'BPF_PERIME'
        when nda is not null then 'BPF_LISTE'
        when recepisse_recent then 'BPF_NON_DU'
        when bpf is not null then 'BPF_DECLARE'
        when sorti_le is not null or recepisse or recepisse_date is not null then 'BPF_INCONNU'
        else 'BPF_INDETERMINE'
    end as bpf,
    case
        when qualite = 'PROFIL' and en_cours then 'QUALIOPI_PROFIL_CERTIFICAT'
        when qualite = 'PROFIL' and incomplet then 'QUALIOPI_PROFIL_INCOMPLET'
        -- A situation without a certificate is that of whom the list shows uncertified.
        when qualite = 'PROFIL' then 'QUALIOPI_PROFIL_SANS'
        when not identifie then 'QUALIOPI_INDETERMINE'
        -- Of the contract's day, another rule asks for the proof; of the convention's, this one does.
        when age_liste < 0 and role = 'convention' then 'QUALIOPI_POSTERIEURE'
        -- With the right number, perhaps that one, it would be refused, or a question.
        when nda is null and recepisse_recent and voisin_non_certifie then 'QUALIOPI_NUMERO_VOISIN'
        when nda is null and en_cours then 'QUALIOPI_CERTIFICAT_SEUL'
        when nda is null then 'QUALIOPI_NON_LISTE'
        when age_liste < 0 and not en_cours then 'QUALIOPI_POSTERIEURE'
        when etat = 'CERTIFIE' and en_cours then 'QUALIOPI_LISTE_ET_CERTIFICAT'
        when etat = 'CERTIFIE' and liste_perimee then 'QUALIOPI_PERIMEE_OUI'
        when etat = 'CERTIFIE' and fini then 'QUALIOPI_CERTIFICAT_FINI'
        when etat = 'CERTIFIE' and a_venir then 'QUALIOPI_CERTIFICAT_A_VENIR'
        when etat = 'CERTIFIE' then 'QUALIOPI_LISTE'
        when en_cours then 'QUALIOPI_CERTIFICAT_NON_LISTE'
        when incomplet then 'QUALIOPI_CERTIFICAT_INCOMPLET'
        when liste_perimee then 'QUALIOPI_PERIMEE_NON'
        when etat = 'INCONNU' then 'QUALIOPI_DRAPEAU_INCONNU'
        when demande_par = 'NDA' and autre_nda is not null then 'QUALIOPI_AUTRE_NDA'
        else 'QUALIOPI_NON_CERTIFIE'
    end as qualiopi,
    -- What the list alone says, whatever facts are declared.
    case
        when nda is null or etat = 'INCONNU' or liste_perimee or age_liste < 0 then 'INDETERMINE'
        when etat = 'CERTIFIE' then 'SATISFAIT'
        when demande_par = 'NDA' and autre_nda is not null then 'INDETERMINE'
        else 'NON_SATISFAIT'
    end as registre_qualiopi,
    case
        when certificat_fin is null then 'CERTIFICAT_NON_DIT'
        -- Certified on the day of the convention, and no more on that of the contract.
        when fini and certificat_convention then 'CERTIFICAT_AVANT_CONTRAT'
        when fini or fin_mission is null then 'CERTIFICAT_NON_DIT'
        when certificat_fin < fin_mission then 'CERTIFICAT_AVANT_FIN'
        else 'CERTIFICAT_COUVRE'
    end as fin_certificat,
    case
        when etat = 'CERTIFIE' and not certificat_nomme then 'CERTIFICAT_AUTRE_CATEGORIE'
        else 'CERTIFICAT_MEME_CATEGORIE'
    end as certificat_categorie,
    case
        when type_formation <> 'certifiante' then 'HABILITATION_SANS_OBJET'
        when habilitation then 'HABILITATION_TENUE'
        when type_formation is null then 'HABILITATION_NATURE_INCONNUE'
        when not habilitation then 'HABILITATION_ABSENTE'
        else 'HABILITATION_MANQUANTE'
    end as habilitation,
    case
        when
            not habilitation
            and type_formation = 'certifiante'
            and (role <> 'sous_traitant' or coalesce(bloc_complet, true))
            then 'HABILITATION_HORS_CPF_ABSENTE'
        else 'HABILITATION_HORS_CPF_SANS_OBJET'
    end as habilitation_hors_cpf,
    case
        when agrement_conduite then 'AGREMENT_TENU'
        when not agrement_conduite then 'AGREMENT_ABSENT'
        else 'AGREMENT_NON_DIT'
    end as agrement_conduite,
    case
        when france_vae then 'FRANCE_VAE_OUI'
        when not france_vae then 'FRANCE_VAE_NON'
        else 'FRANCE_VAE_NON_DIT'
    end as france_vae,
    liste_depuis
from certificat
