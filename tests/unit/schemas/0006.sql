-- A key that stands, and one that is revoked.

INSERT INTO api_keys (key_id, name, scopes, digest, created_at, expires_at, revoked_at, last_used_at)
VALUES ('00000000-0000-4000-8000-000000000006', 'admin', '["admin"]',
 '6666666666666666666666666666666666666666666666666666666666666666', '2026-01-01 00:00:00.000000',
 NULL, NULL, '2026-01-01 00:01:00.000000');

INSERT INTO api_keys (key_id, name, scopes, digest, created_at, expires_at, revoked_at, last_used_at)
VALUES ('00000000-0000-4000-8000-000000000007', 'camera', '["ingest", "read"]',
 '7777777777777777777777777777777777777777777777777777777777777777', '2026-01-01 00:00:00.000000',
 '2027-01-01 00:00:00.000000', '2026-01-01 00:01:00.000000', NULL);
