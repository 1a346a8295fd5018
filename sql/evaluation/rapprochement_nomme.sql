/*
Les noms donnés à côté d'un numéro qui a été trouvé, écrits comme socle.organisme pour que
portage.recherche les normalise. Ceux que la liste écrit de même sont déjà sûrs : ils n'y sont pas.
grain: nda
colonnes:
  nda: Ligne de la demande, en texte.
  denomination: Nom donné.
  ville: Toujours vide.
  code_departement: Toujours vide.
*/
select
    r.ligne::varchar as nda,
    c.nom as denomination,
    null::varchar as ville,
    null::varchar as code_departement
from evaluation.rapprochement as r
inner join demande.candidat as c on r.ligne = c.ligne
inner join socle.organisme as o on r.ndas[1] = o.nda
where
    r.role = 'sous_traitant'
    and r.demande_par <> 'NOM'
    and upper(strip_accents(c.nom)) is distinct from upper(strip_accents(o.denomination))
    and c.nom is not null
