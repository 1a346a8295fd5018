/*
La liste du jour de chaque date : la dernière suivie ce jour-là ou avant, si la source la donnait encore
depuis peu ; sinon celle de la version, qui peut être postérieure ou trop ancienne.
grain: date
colonnes:
  date: Date du contrat ou de la convention d'une question.
  date_liste: Date de la liste.
  sha256: Empreinte SHA-256 de la liste.
  revue_le: Dernier jour, cette date comprise, où la source la donnait encore ; vide si elle est postérieure.
  liste_dite: Sa date en toutes lettres, avec ce jour.
  age_liste: Jours entre ce jour et la date ; négatif si la liste est postérieure.
  liste_perimee: Vrai si la liste est trop ancienne pour dire certifié ou non.
  liste_passee: Vrai si ce n'est pas la liste de la version : c'est l'historique qui dit ce qu'elle disait.
  nb_lignes: Lignes de la liste.
  suivi_avant: Quand la liste est postérieure, ce que l'on a des listes d'avant.
*/
with
suivie as (
    select
        i.date_instantane as date_liste,
        i.sha256,
        i.nb_lignes,
        true as passee
    from historique.instantane as i
    cross join meta.publication as p
    where i.date_instantane < p.date_contenu
    union all
    select
        date_contenu as date_liste,
        sha256,
        lignes_liste as nb_lignes,
        false as passee
    from meta.publication
),

precedente as (
    select
        p.date,
        p.fraicheur,
        s.date_liste,
        s.sha256,
        s.nb_lignes,
        s.passee,
        max(v.jour) as vue_le
    from evaluation.parametre as p
    asof left join suivie as s on p.date >= s.date_liste
    left join demande.vue as v on s.sha256 = v.sha256 and v.jour between s.date_liste and p.date
    group by all
),

retenue as (
    select
        r.date,
        r.fraicheur,
        r.date_liste as date_avant,
        greatest(r.date_liste, r.vue_le) as vue_avant,
        coalesce(r.passee and r.date - vue_avant <= r.fraicheur, false) as liste_passee,
        if(liste_passee, r.date_liste, p.date_contenu) as date_liste,
        if(liste_passee, r.sha256, p.sha256) as sha256,
        if(liste_passee, r.nb_lignes, p.lignes_liste) as nb_lignes,
        if(liste_passee or not r.passee, vue_avant, null) as revue_le
    from precedente as r
    cross join meta.publication as p
)

select
    date,
    date_liste,
    sha256,
    revue_le,
    strftime(date_liste, '%d/%m/%Y') || case
        when revue_le > date_liste then ' (revue inchangée le ' || strftime(revue_le, '%d/%m/%Y') || ')'
        else ''
    end as liste_dite,
    date - coalesce(revue_le, date_liste) as age_liste,
    age_liste > fraicheur as liste_perimee,
    liste_passee,
    nb_lignes,
    case
        when age_liste >= 0 then null
        when date_avant is null then 'aucune liste suivie n''est de ce jour ni d''avant'
        when vue_avant > date_avant
            then
                'la dernière liste suivie avant ce jour, du ' || strftime(date_avant, '%d/%m/%Y')
                || ', n''a plus été revue après le ' || strftime(vue_avant, '%d/%m/%Y')
        else
            'la dernière liste suivie avant ce jour est du ' || strftime(date_avant, '%d/%m/%Y')
            || ', ' || (date - date_avant) || ' jours plus tôt : plus que les ' || fraicheur || ' admis'
    end as suivi_avant
from retenue
