/*
Le candidat (et le porteur, s'il est donné) retrouvé dans la liste. La requête fait les lignes qui
n'ont qu'un numéro, un NDA tel quel dans la liste ; pipelines/portage/matching.py y ajoute les autres,
de evaluation.rapprochement_direct, rapprochement_numero et rapprochement_nom.
grain: ligne, role
colonnes:
  ligne: Ligne de la demande.
  role: sous_traitant, ou porteur si un porteur est donné.
  qualite: EXACT (numéro trouvé), ANCIEN_NDA (par un ancien numéro), REPARE (après la seule réparation
    possible), NOM (accepté par le nom), ABSENT (numéro bien formé, pas dans la liste), AMBIGU
    (plusieurs organismes possibles), AUCUN_PROCHE (aucun organisme ne porte un nom assez proche),
    CLE_FAUSSE (clé du SIREN ou du SIRET), DISCORDANT (numéros
    d'entités différentes), ILLISIBLE (pas un numéro), VIDE (rien n'est donné) ou PROFIL (la question est
    celle d'une situation, non d'un organisme).
  demande_par: Ce par quoi il est cherché ou trouvé : NDA, SIRET, SIREN ou NOM.
  ndas: Ses NDA dans la liste, le meilleur d'abord ; aucun si rien n'est sûr.
  siren: Son SIREN, s'il est connu.
  identifiant: Le numéro tel qu'il a été compris.
  score: De 0 à 100, pour un nom.
  message: Ce qui a été réparé, ou pourquoi le rapprochement est douteux, un nom donné à côté du numéro
    compris (voir evaluation.rapprochement_contredit) ; vide sinon.
  proches: Les trois organismes les plus proches, en cas de doute ou de numéro que la liste n'a pas.
  voisins: D'un NDA que la liste n'a pas, et que nul autre numéro n'accompagne, les NDA qu'elle a, ou a eus,
    à une faute de frappe.
  voisins_dits: Des numéros à une faute de frappe, ce qu'il faut en dire.
*/
with
donne as (
    select
        ligne,
        'sous_traitant' as role,
        trim(coalesce(nda, identifiant)) as numero
    from demande.candidat
    where
        role_juge is distinct from 'porteur'
        and siret is null
        and siren is null
        and (nda is null) <> (identifiant is null)
    union all
    select
        ligne,
        'porteur' as role,
        trim(porteur) as numero
    from demande.candidat
    where porteur is not null
)

select
    d.ligne,
    d.role,
    'EXACT' as qualite,
    'NDA' as demande_par,
    [o.nda] as ndas,
    if(o.siren_valide, o.siren, null) as siren,
    o.nda as identifiant,
    null::double as score,
    null::varchar as message,
    null::struct(nda varchar, denomination varchar, ville varchar, score double)[] as proches,
    null::varchar[] as voisins,
    null::varchar as voisins_dits
from donne as d
inner join socle.organisme as o on d.numero = o.nda
union all
select
    ligne,
    'sous_traitant' as role,
    'PROFIL' as qualite,
    null as demande_par,
    [] as ndas,
    null as siren,
    null as identifiant,
    null as score,
    null as message,
    null as proches,
    null as voisins,
    null as voisins_dits
from demande.candidat
where profil is not null and coalesce(nda, siret, siren, identifiant, nom) is null
