/*
D'où vient cette version de la base.
grain: une ligne
colonnes:
  version: Version publiée, la même que dans « opac releases » et le nom du fichier.
  publie_le: Moment de la construction (UTC).
  sha256: Empreinte SHA-256 de la liste, octet pour octet.
  date_contenu: Date de la liste.
  origine: « officielle » ou « fichiers locaux ».
  route: data.gouv, opendatasoft ou fichier.
  adresse: Adresse finale d'où la liste a été reçue.
  mise_en_page: Disposition reconnue.
  lignes_liste: Lignes de la liste.
  lignes_mises_a_part: Lignes qui n'ont pas pu être lues.
  derniere_declaration: Date de la déclaration la plus récente de la liste.
  code: Version et empreinte du code et des règles.
  acceptations: Écarts avec la version précédente acceptés, avec leur motif.
  licence: Licence de la liste.
  attribution: Mention à reprendre avec les données.
*/
select
    version,
    publie_le::timestamp as publie_le,
    sha256,
    date_contenu,
    origine,
    route,
    adresse,
    mise_en_page,
    lignes_liste::bigint as lignes_liste,
    (select count(*) from qualite.rejet) as lignes_mises_a_part,
    derniere_declaration::date as derniere_declaration,
    code,
    acceptations,
    licence,
    attribution
from execution.liste
