/*
Chaque exigence qui s'applique à chaque question, et ce qu'elle donne. Une dispense acquise vaut
l'exigence ; possible, elle appelle une pièce ; douteuse, une question. Un établissement réputé
certifié n'est jamais refusé faute de Qualiopi.
grain: ligne, regle
colonnes:
  ligne: Question posée.
  regle: Exigence (voir portage.regle).
  role: sous_traitant, contrat ou porteur.
  partie: Qui est regardé : le rôle, ou convention, le porteur au jour de la convention.
  motif: Ce qui est constaté (voir portage.motif).
  dispense: Ce qui est constaté de la dispense (voir portage.motif), quand elle compte.
  etat: SATISFAIT, NON_SATISFAIT, INCONNU, DOUTEUX ou SANS_OBJET.
  effet: NON_ELIGIBLE, A_VERIFIER, PIECES_MANQUANTES, AVERTISSEMENT, ou vide.
  registre: Ce que la liste seule en dit, si l'exigence peut décider.
  piece: Pièce qui manque.
*/
with
situation as (
    select distinct on (situation)
        situation,
        date,
        date_convention,
        convention_a_part,
        fin_ou_contrat,
        financements,
        action,
        nature,
        juge_sous_traitant,
        juge_porteur,
        parametre.actifs
    from evaluation.cas
),

applicable as (
    select
        s.situation,
        r.regle,
        r.role,
        if(r.date_de_reference = 'convention' and s.convention_a_part, 'convention', r.role) as partie,
        r.constat,
        r.dispenses,
        r.si_non_satisfait,
        r.si_inconnu,
        r.si_douteux
    from situation as s
    inner join portage.regle as r
        on
            case r.date_de_reference
                when 'mission' then s.fin_ou_contrat
                when 'convention' then s.date_convention
                else s.date
            end between coalesce(r.valide_du, date '0001-01-01') and coalesce(r.valide_au, date '9999-12-31')
            and case when r.role = 'porteur' then s.juge_porteur else s.juge_sous_traitant end
            and (r.financements is null or list_has_any(r.financements, coalesce(s.financements, [])))
            and (r.actions is null or coalesce(list_contains(r.actions, s.action), false))
            and (r.natures is null or list_contains(r.natures, s.nature))
            and (r.si_parametre is null or list_contains(s.actifs, r.si_parametre))
),

-- The best of the exemptions that the requirement admits.
dispense as (
    select
        c.ligne,
        a.regle,
        min_by(
            { 'motif': m.motif, 'etat': m.etat, 'piece': m.piece },
            case m.etat
                when 'SATISFAIT' then '0' when 'INCONNU' then '1' when 'DOUTEUX' then '2' else '3'
            end || m.motif
        ) as d
    from (
        select
            situation,
            regle,
            role,
            unnest(dispenses) as nom
        from applicable
        where dispenses is not null
    ) as a
    inner join evaluation.cas as q on a.situation = q.situation
    inner join evaluation.constat as c
        on q.ligne = c.ligne and a.role = c.role and c.constat = 'dispense_' || a.nom
    inner join portage.motif as m on c.motif = m.motif
    group by c.ligne, a.regle
),

combine as (
    select
        q.ligne,
        a.regle,
        a.role,
        a.partie,
        a.constat,
        a.si_non_satisfait,
        a.si_inconnu,
        a.si_douteux,
        m.motif,
        m.piece,
        m.etat as etat_motif,
        d.d,
        case
            when m.etat in ('SATISFAIT', 'SANS_OBJET') or d.d is null then m.etat
            when d.d.etat = 'SATISFAIT' then 'SATISFAIT'
            when m.etat <> 'NON_SATISFAIT' then m.etat
            else d.d.etat
        end as etat,
        m.etat not in ('SATISFAIT', 'SANS_OBJET')
        and (m.etat = 'NON_SATISFAIT' or d.d.etat = 'SATISFAIT') as dispense_compte
    from evaluation.cas as q
    inner join applicable as a on q.situation = a.situation
    inner join evaluation.constat as c
        on q.ligne = c.ligne and a.partie = c.role and a.constat = c.constat
    inner join portage.motif as m on c.motif = m.motif
    left join dispense as d on q.ligne = d.ligne and a.regle = d.regle
),

juge as (
    select
        c.*,
        case c.constat
            when 'nda' then case when p.nda is not null then 'SATISFAIT' else 'INDETERMINE' end
            when 'qualiopi' then m.registre_qualiopi
        end as registre,
        -- A question of exemption is asked in vain of whoever needs none.
        coalesce(
            c.etat in ('NON_SATISFAIT', 'DOUTEUX')
            and c.etat_motif = 'NON_SATISFAIT'
            and c.constat = 'qualiopi'
            and p.repute_certifie is not null,
            false
        ) as repute,
        p.repute_certifie
    from combine as c
    left join evaluation.partie as p on c.ligne = p.ligne and c.partie = p.role
    left join evaluation.motif_partie as m on c.ligne = m.ligne and c.partie = m.role
),

issue as (
    select
        * exclude (etat, motif),
        case when repute then 'DOUTEUX' else etat end as etat,
        case
            when not repute then motif
            when motif = 'QUALIOPI_PROFIL_SANS' then 'QUALIOPI_PROFIL_REPUTE'
            when repute_certifie = 'FORME' then 'QUALIOPI_REPUTE_FORME'
            else 'QUALIOPI_REPUTE'
        end as motif
    from juge
)

select
    ligne,
    regle,
    role,
    partie,
    motif,
    case when dispense_compte and not repute then d.motif end as dispense,
    etat,
    case etat
        when 'NON_SATISFAIT' then si_non_satisfait
        when 'INCONNU' then si_inconnu
        when 'DOUTEUX' then si_douteux
    end as effet,
    case when coalesce(si_non_satisfait, 'AVERTISSEMENT') <> 'AVERTISSEMENT' then registre end as registre,
    -- A « motif » that is not satisfied names a document when not all that prove the exemption do.
    case
        when etat = 'INCONNU' and si_inconnu = 'PIECES_MANQUANTES' then coalesce(piece, d.piece)
        -- A question that a document would answer names it too.
        when etat_motif = 'DOUTEUX' and etat = 'DOUTEUX' and si_douteux is not null then piece
    end as piece
from issue
