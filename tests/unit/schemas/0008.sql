-- A record and a watched file; the talk has become an asset by the migration.

UPDATE assets SET description = 'Of greetings.', labels = '["a", "b"]' WHERE asset_id = 'talk';

INSERT INTO records (moment_id, indexed_in, revision, created_at, model, moment, vector, visual)
VALUES ('note#', NULL, 2, 1767225600000, NULL,
 '{"asset_id": "note", "parent_id": null, "media_type": "text", "title": "A note", "text": "a word", "start": null, "end": null, "labels": [], "link": null, "anchor": null}',
 NULL, NULL);

INSERT INTO watched_files (path, size, modified, asset_id)
VALUES ('/media/f.wav', 1, 1767225600000000000, 'talk');
