/*
Les contrôles en toutes lettres ; ceux qui sont sans effet seulement si la demande veut tout dire. Pour un
profil, que plusieurs organismes partagent, leurs numéros restent entre accolades.
grain: ligne, regle
colonnes:
  ligne: Question posée.
  ordre: Rang d'affichage.
  regle: Exigence (voir portage.regle).
  role: sous_traitant, contrat ou porteur.
  statut: SATISFAIT, NON_SATISFAIT, INCONNU, SANS_OBJET ou AVERTISSEMENT.
  effet: NON_ELIGIBLE, A_VERIFIER, PIECES_MANQUANTES, AVERTISSEMENT, ou vide.
  constat: Phrase qui dit ce qui est constaté.
  preuve: Où est la preuve.
  piece: Pièce qui manque.
*/
with
dit as (
    select
        c.ligne,
        r.ordre,
        c.regle,
        c.role,
        if(c.partie = 'contrat', 'sous_traitant', c.partie) as partie,
        case
            when c.effet = 'AVERTISSEMENT' then 'AVERTISSEMENT'
            when c.etat = 'DOUTEUX' then 'INCONNU'
            else c.etat
        end as statut,
        c.effet,
        case
            -- What the list establishes warns of nothing by itself: the funder's rule does.
            when c.effet = 'AVERTISSEMENT' and r.etabli_par = 'REGISTRE' then m.phrase || ' ' || r.exigence
            when c.dispense is null then m.phrase
            when c.etat = 'SATISFAIT' then dispense.phrase
            else m.phrase || ' ' || dispense.phrase
        end as phrase,
        replace(
            case when c.etat = 'SATISFAIT' then coalesce(dispense.preuve, m.preuve) else m.preuve end,
            '{date_liste}',
            p.liste_dite
        ) as preuve,
        c.piece
    from evaluation.controle as c
    inner join portage.regle as r on c.regle = r.regle
    inner join portage.motif as m on c.motif = m.motif
    inner join evaluation.partie as p
        on c.ligne = p.ligne and if(c.partie = 'contrat', 'sous_traitant', c.partie) = p.role
    left join portage.motif as dispense on c.dispense = dispense.motif
    where c.effet is not null or (select contexte.tout_dire from demande.contexte as contexte)
),

-- Amounts and dates as French writes them, once a question.
ecrit as (
    select
        ligne,
        date,
        date_convention,
        suivi_avant,
        action_libelle,
        forme_libelle,
        fait,
        parametre,
        list_transform(
            [
                fait.ca,
                fait.montant,
                parametre.plafond,
                parametre.plafond_voisin,
                parametre.seuil_vigilance,
                parametre.bilan_plafond,
                parametre.plafond_lu
            ],
            lambda x: replace(
                replace(replace(format('{:,.2f}', x::double), '.00', ''), ',', ' '), '.', ','
            ) || ' €'
        ) as argent,
        list_transform(
            [fait.heures, fait.part_sous_traitee],
            lambda x: replace(regexp_replace(x::decimal(18, 2)::varchar, '\.?0+$', ''), '.', ',')
        ) as nombre
    from evaluation.cas
),

texte as (
    select
        e.ligne,
        p.role,
        map {
            'date': strftime(e.date, '%d/%m/%Y'),
            'date_liste': p.liste_dite,
            'age_liste': p.age_liste::varchar,
            'du_jour': if(
                p.role = 'convention',
                'de la convention du ' || strftime(e.date_convention, '%d/%m/%Y'),
                'du contrat'
            ),
            'au_jour': if(
                p.role = 'convention',
                'à la convention du ' || strftime(e.date_convention, '%d/%m/%Y'),
                'au contrat'
            ),
            'suivi_avant': e.suivi_avant,
            'depuis': strftime(u.depuis_le, '%d/%m/%Y'),
            'paru': strftime(p.paru_le, '%d/%m/%Y'),
            'action_libelle': coalesce(e.action_libelle, 'catégorie non précisée'),
            'nda': if(contexte.par_profil, '{nda}', p.nda),
            'autre_nda': if(contexte.par_profil, '{autre_nda}', p.autre_nda),
            'identifiant': p.identifiant,
            'message': p.message,
            'denomination': p.denomination,
            'certificat_debut': strftime(p.certificat_debut, '%d/%m/%Y'),
            'autre_nda_dit': case
                when p.demande_par = 'NDA' and p.autre_nda is not null
                    then
                        ' Le même SIREN est certifié sous le numéro '
                        || if(contexte.par_profil, '{autre_nda}', p.autre_nda) || '.'
            end,
            'age_vigilance': e.parametre.age_vigilance::varchar,
            'delai_cfa': e.parametre.delai_cfa::varchar,
            'bilan_delai': e.parametre.bilan_delai::varchar,
            'certificat_fin': strftime(p.certificat_fin, '%d/%m/%Y'),
            'ca': e.argent[1],
            'montant': e.argent[2],
            'plafond': e.argent[3],
            'plafond_voisin': e.argent[4],
            'seuil_vigilance': e.argent[5],
            'bilan_plafond': e.argent[6],
            'plafond_lu': e.argent[7],
            'plafond_base': e.parametre.plafond_base,
            'annee_ca': e.fait.annee_ca::integer::varchar,
            'forme_juridique': e.forme_libelle,
            'cfa_convention': strftime(e.fait.porteur_premiere_convention, '%d/%m/%Y'),
            'cfa_certificateur': strftime(e.fait.porteur_contrat_certificateur, '%d/%m/%Y'),
            'envoi_cfa': e.parametre.envoi_cfa::varchar,
            'age_recepisse': e.parametre.age_recepisse::varchar,
            'recepisse': strftime(p.recepisse_date, '%d/%m/%Y'),
            'recepisse_dit': case
                when p.recepisse_date is null then 'sans date'
                when p.recepisse_date > e.date
                    then 'du ' || strftime(p.recepisse_date, '%d/%m/%Y') || ', après le contrat'
                else
                    'du ' || strftime(p.recepisse_date, '%d/%m/%Y') || ', '
                    || e.parametre.age_recepisse::varchar || ' mois ou plus avant le contrat'
            end,
            'bpf': strftime(p.bpf, '%d/%m/%Y'),
            'sortie': case
                when p.vu_le is null
                    then
                        'la liste du '
                        || strftime(p.sorti_le, '%d/%m/%Y')
                        || ' est la première qui ne l''a plus'
                else
                    'vu pour la dernière fois dans la liste du ' || strftime(p.vu_le, '%d/%m/%Y')
                    || ', absent depuis celle du ' || strftime(p.sorti_le, '%d/%m/%Y')
            end,
            'voisins': ' À un chiffre près, ' || p.voisins_dits || '.',
            'certificat_libelles': p.certificat_libelles,
            'attestation': strftime(e.fait.attestation_vigilance, '%d/%m/%Y'),
            'operation': case
                when e.fait.montant is null then 'est d''un montant inconnu'
                else 'atteint ' || e.argent[5] || ' HT'
            end,
            'illisibles': k.illisibles,
            'contradictions': k.contradictions,
            'date_avenant': strftime(e.fait.date_avenant, '%d/%m/%Y'),
            'fin_mission': strftime(e.fait.fin_mission, '%d/%m/%Y'),
            'type_formation': replace(e.fait.type_formation, '_', ' '),
            'heures': e.nombre[1],
            'heures_max': e.parametre.heures_max::integer::varchar,
            'part': e.nombre[2],
            'part_max': e.parametre.part_max::integer::varchar
        } as mots
    from ecrit as e
    cross join demande.contexte as contexte
    inner join evaluation.partie as p on e.ligne = p.ligne
    left join evaluation.depuis as u on p.ligne = u.ligne and p.role = u.role
    left join evaluation.motif_contrat as k on e.ligne = k.ligne
)

-- A sentence without braces is said as it stands: most are.
select
    ligne,
    ordre,
    regle,
    role,
    statut,
    effet,
    phrase as constat,
    preuve,
    piece
from dit
where not contains(phrase, '{')
union all
select
    d.ligne,
    d.ordre,
    d.regle,
    d.role,
    d.statut,
    d.effet,
    array_to_string(
        list_transform(
            string_split_regex(d.phrase, '[{}]'),
            lambda x: case
                when list_contains(map_keys(t.mots), x) then coalesce(t.mots[x], '')
                else x
            end
        ),
        ''
    ) as constat,
    d.preuve,
    d.piece
from dit as d
inner join texte as t
    on
        d.ligne = t.ligne
        and d.partie = t.role
where contains(d.phrase, '{')
