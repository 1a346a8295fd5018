/*
Ce que l'on sait avant la liste : les derniers faits de chaque organisme, listé ou non, et le numéro
sous lequel la liste peut le nommer.
nature: vue
grain: nda
colonnes:
  cle: Numéro sous lequel la liste peut le nommer : le sien, ou celui qui le remplace.
  nda: Son numéro jusque-là.
  lignee: Son premier numéro.
  listee: Vrai s'il était listé.
  *: (suivi.fait)
*/
select
    coalesce(n.nouveau, v.nda) as cle,
    v.* exclude (valide_du, valide_au)
from suivi.version as v
left join suivi.numero as n on v.nda = n.ancien
where v.valide_au is null
