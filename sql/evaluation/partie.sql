/*
Le sous-traitant et le porteur de chaque question, tels que la liste et le certificat déclaré les
montrent. Demandée par SIREN ou par nom, une entité est jugée sous son numéro certifié pour
l'action, s'il y en a un. La liste est celle du jour (voir evaluation.partie_liste).
grain: ligne, role
colonnes:
  ligne: Question posée.
  role: sous_traitant, porteur, ou convention : le porteur au jour de la convention.
  date: (evaluation.partie_liste)
  date_liste: (evaluation.liste)
  sha256: (evaluation.liste)
  revue_le: (evaluation.liste)
  liste_dite: (evaluation.liste)
  age_liste: (evaluation.liste)
  liste_perimee: (evaluation.liste)
  liste_passee: (evaluation.liste)
  nb_lignes: (evaluation.liste)
  qualite: Qualité du rapprochement, dans la liste du jour (voir evaluation.rapprochement).
  identifie: Faux si l'organisme n'est pas identifié sans ambiguïté.
  demande_par: NDA, SIRET, SIREN ou NOM.
  identifiant: Numéro tel qu'il est compris.
  message: Ce que le rapprochement en dit.
  nda: Numéro sous lequel il est jugé ; vide s'il n'est pas dans la liste.
  denomination: Sa dénomination dans la liste.
  ville: Sa commune dans la liste.
  siren: SIREN.
  etat: État du drapeau de l'action : CERTIFIE, NON_CERTIFIE ou INCONNU.
  autre_nda: Autre numéro du même SIREN, certifié pour l'action.
  personne_physique_presumee: Dénomination de personne physique.
  repute_certifie: Ce qui fait présumer un établissement réputé certifié : NOM, FORME, ou vide.
  certificat_nomme: Vrai si le certificat déclaré vise l'action.
  certificat_libelles: Les catégories du certificat déclaré.
  certificat_declare: Vrai si quelque chose est dit du certificat.
  certificat_debut: Début déclaré du certificat.
  certificat_fin: Fin du certificat, déclarée ou déduite de sa durée.
  recepisse: Vrai si le récépissé de déclaration est déclaré tenu.
  recepisse_date: Sa date déclarée.
  recepisse_recent: Vrai si, au jour du contrat, il explique l'absence de la liste.
  bpf: Date déclarée d'envoi du dernier bilan pédagogique et financier.
  sorti_le: Date de la première liste qui ne l'a plus, s'il a été dans une liste.
  vu_le: Date de la dernière liste qui l'avait.
  paru_le: Date de la première liste qui l'a, quand celle du jour ne l'avait pas encore.
  voisins: De qui n'est pas dans la liste, les NDA à une faute de frappe.
  voisins_dits: Ce qu'il faut en dire.
  voisin_non_certifie: Vrai si l'un d'eux n'est pas certifié pour l'action.
  possibles: Les numéros qui peuvent le désigner : les siens, ceux des voisins et leurs SIREN.
  habilitation: Habilitation déclarée.
  agrement_conduite: Agrément d'école de conduite déclaré.
  france_vae: Référencement déclaré sur France VAE.
  caduque: Déclaration d'activité caduque, annulée ou suspendue.
*/
with
profil as (
    select
        null::date as date_liste,
        p.* exclude (profil)
    from portage.profil as p
    union all by name
    select * exclude (profil)
    from evaluation.profil_passe
),

possible as (
    select
        l.ligne,
        l.role,
        null::date as date_liste,
        unnest(r.ndas) as nda,
        generate_subscripts(r.ndas, 1) as rang,
        null as message
    from evaluation.partie_liste as l
    inner join evaluation.rapprochement as r on l.ligne = r.ligne and l.de = r.role
    where not l.liste_passee and r.qualite in ('EXACT', 'ANCIEN_NDA', 'REPARE', 'NOM')
    union all
    select
        ligne,
        role,
        date_liste,
        nda,
        row_number() over (partition by ligne, role order by nda) as rang,
        message
    from evaluation.retrouve_passe
),

etat as (
    select
        x.ligne,
        x.role,
        x.nda,
        x.rang,
        x.message,
        p.siren,
        case c.action
            when 'ACTION_FORMATION' then p.etat_action_formation
            when 'BILAN_COMPETENCES' then p.etat_bilan_competences
            when 'VAE' then p.etat_vae
            when 'APPRENTISSAGE' then p.etat_apprentissage
        end as etat,
        case c.action
            when 'ACTION_FORMATION' then p.autre_nda_action_formation
            when 'BILAN_COMPETENCES' then p.autre_nda_bilan_competences
            when 'VAE' then p.autre_nda_vae
            when 'APPRENTISSAGE' then p.autre_nda_apprentissage
        end as autre_nda,
        p.personne_physique_presumee,
        p.repute_certifie,
        coalesce(a.denomination, o.denomination) as denomination,
        coalesce(a.ville, o.ville) as ville
    from possible as x
    inner join evaluation.cas as c on x.ligne = c.ligne
    inner join profil as p on x.nda = p.nda and x.date_liste is not distinct from p.date_liste
    left join evaluation.organisme_passe as a on x.date_liste = a.date_liste and x.nda = a.nda
    -- A condition on this side alone would compare each row with the whole list.
    left join socle.organisme as o on if(x.date_liste is null, x.nda, null) = o.nda
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
        l.*,
        r.* exclude (ligne, role, qualite, message, ndas, proches, score),
        case
            when not l.liste_passee then r.qualite
            when t.nda is not null and r.qualite in ('ABSENT', 'DISCORDANT') then 'EXACT'
            when t.nda is null and r.qualite in ('EXACT', 'ANCIEN_NDA', 'REPARE', 'NOM') then 'ABSENT'
            else r.qualite
        end as qualite_du_jour,
        coalesce(
            qualite_du_jour in ('EXACT', 'ANCIEN_NDA', 'REPARE', 'NOM', 'ABSENT'), false
        ) as identifie,
        -- What the list of today lacks is no more to be said where that of the day has it.
        case
            when l.liste_passee and t.nda is not null and r.qualite in ('ABSENT', 'DISCORDANT') then t.message
            else nullif(concat_ws(' ', r.message, t.message), '')
        end as message,
        case l.de
            when 'porteur' then c.fait.porteur_certificat
            else c.fait.certificat
        end as certificat,
        case l.de
            when 'porteur' then c.fait.porteur_certificat_debut
            else c.fait.certificat_debut
        end as debut,
        case l.de
            when 'porteur' then c.fait.porteur_certificat_fin
            else c.fait.certificat_fin
        end as fin,
        case l.de
            when 'porteur' then c.fait.porteur_recepisse_nda
            else c.fait.recepisse_nda
        end as recepisse,
        case l.de
            when 'porteur' then c.fait.porteur_recepisse_nda_date
            else c.fait.recepisse_nda_date
        end as recepisse_date,
        case when l.de <> 'porteur' then c.fait.bpf end as bpf,
        case l.de
            when 'porteur' then c.fait.porteur_habilitation
            else c.fait.habilitation
        end as habilitation,
        case l.de
            when 'porteur' then c.fait.porteur_agrement_conduite
            else c.fait.agrement_conduite
        end as agrement_conduite,
        case l.de
            when 'porteur' then c.fait.porteur_france_vae
            else c.fait.france_vae
        end as france_vae,
        case l.de
            when 'porteur' then c.fait.porteur_forme_juridique
            else c.fait.forme_juridique
        end as forme_juridique,
        case l.de
            when 'porteur' then c.fait.porteur_certificat_declare
            else c.fait.certificat_declare
        end as certificat_declare,
        case l.de
            when 'porteur' then c.fait.porteur_declaration_caduque
            else c.fait.declaration_caduque
        end as caduque,
        c.action,
        c.parametre.duree_certificat as duree,
        c.parametre.age_recepisse
    from evaluation.partie_liste as l
    inner join evaluation.rapprochement as r on l.ligne = r.ligne and l.de = r.role
    inner join evaluation.cas as c on l.ligne = c.ligne
    left join retenu as t on l.ligne = t.ligne and l.role = t.role
),

absent as (
    select
        d.ligne,
        d.role,
        d.date_liste,
        d.liste_passee,
        if(d.demande_par = 'NDA', d.identifiant, null) as nda,
        if(d.demande_par = 'NDA', null, d.siren) as siren
    from declare as d
    anti join retenu as r on d.ligne = r.ligne and d.role = r.role
    where d.qualite_du_jour = 'ABSENT'
),

-- What other lists say of whom that of the day lacks: by its number, or by any of its SIREN.
ailleurs as (
    select
        a.*,
        v.listee,
        v.valide_du,
        v.valide_au
    from absent as a
    inner join historique.organisme_version as v on a.nda = v.nda
    union all
    select
        a.*,
        v.listee,
        v.valide_du,
        v.valide_au
    from absent as a
    inner join historique.organisme_version as v on a.siren = v.siren
),

sorti as (
    select
        ligne,
        role,
        max(valide_du) as sorti_le
    from ailleurs
    where
        not listee
        and if(
            liste_passee,
            date_liste >= valide_du and coalesce(date_liste < valide_au, true),
            valide_au is null
        )
    group by ligne, role
),

paru as (
    select
        ligne,
        role,
        min(valide_du) as paru_le
    from ailleurs
    where liste_passee and listee and date_liste < valide_du
    group by ligne, role
),

quitte as (
    select
        s.ligne,
        s.role,
        s.sorti_le,
        max(i.date_instantane) as vu_le
    from sorti as s
    left join historique.instantane as i on s.sorti_le > i.date_instantane
    group by s.ligne, s.role, s.sorti_le
),

voisin as (
    select
        d.ligne,
        d.role,
        bool_or(
            case d.action
                when 'ACTION_FORMATION' then p.etat_action_formation
                when 'BILAN_COMPETENCES' then p.etat_bilan_competences
                when 'VAE' then p.etat_vae
                when 'APPRENTISSAGE' then p.etat_apprentissage
            end is distinct from 'CERTIFIE'
        ) as non_certifie,
        list(p.siren) filter (where p.siren is not null) as sirens
    from (
        select
            ligne,
            role,
            action,
            if(liste_passee, date_liste, null) as date_liste,
            unnest(voisins) as nda
        from declare
    ) as d
    -- One that has left the list, or was not in that of the day, is certified by nothing.
    left join profil as p on d.nda = p.nda and d.date_liste is not distinct from p.date_liste
    group by d.ligne, d.role
),

libelle as (
    select
        d.ligne,
        d.role,
        string_agg(a.libelle, ', ' order by a.ordre) as libelles
    from declare as d
    inner join reference.categorie_action as a on list_contains(d.certificat, a.action)
    group by d.ligne, d.role
)

select
    d.ligne,
    d.role,
    d.date,
    d.date_liste,
    d.sha256,
    d.revue_le,
    d.liste_dite,
    d.age_liste,
    d.liste_perimee,
    d.liste_passee,
    d.nb_lignes,
    d.qualite_du_jour as qualite,
    d.identifie,
    d.demande_par,
    d.identifiant,
    d.message,
    r.nda,
    r.denomination,
    r.ville,
    coalesce(r.siren, d.siren) as siren,
    r.etat,
    r.autre_nda,
    r.personne_physique_presumee,
    case
        when f.repute_certifie then 'FORME'
        when r.repute_certifie then 'NOM'
    end as repute_certifie,
    list_contains(d.certificat, d.action) as certificat_nomme,
    l.libelles as certificat_libelles,
    d.certificat_declare,
    d.debut as certificat_debut,
    coalesce(d.fin, (d.debut + to_years(d.duree) - interval 1 day)::date) as certificat_fin,
    d.recepisse,
    d.recepisse_date,
    coalesce(
        d.recepisse is distinct from false
        and d.recepisse_date <= d.date
        and d.recepisse_date + to_months(d.age_recepisse) > d.date
        and q.sorti_le is null,
        false
    ) as recepisse_recent,
    d.bpf,
    q.sorti_le,
    q.vu_le,
    n.paru_le,
    d.voisins,
    if(len(d.voisins) > 0, d.voisins_dits, null) as voisins_dits,
    coalesce(v.non_certifie, false) as voisin_non_certifie,
    list_concat([r.nda, d.identifiant, coalesce(r.siren, d.siren)], d.voisins, v.sirens) as possibles,
    d.habilitation,
    d.agrement_conduite,
    d.france_vae,
    d.caduque
from declare as d
left join retenu as r on d.ligne = r.ligne and d.role = r.role
left join quitte as q on d.ligne = q.ligne and d.role = q.role
left join paru as n on d.ligne = n.ligne and d.role = n.role
left join voisin as v on d.ligne = v.ligne and d.role = v.role
left join libelle as l on d.ligne = l.ligne and d.role = l.role
left join reference.forme_juridique as f on d.forme_juridique = f.forme_juridique
