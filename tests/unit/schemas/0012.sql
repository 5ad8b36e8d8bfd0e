-- Where a job's file lies and how large it is, a run that ended, and what all agree on.

UPDATE jobs SET home = 'here', size = 10, due_at = '2026-01-01 00:03:00.000000'
WHERE job_id = '00000000-0000-4000-8000-000000000002';

INSERT INTO boots (boot_id, begun_at, name, files, seen_at, ended_at, places, settings)
VALUES ('an-ended-run', '2026-01-01 00:00:00.000000', 'here', NULL, '2026-01-01 00:01:00.000000',
 '2026-01-01 00:02:00.000000', 2, '{"search.embedding_model": "all-MiniLM-L6-v2"}');

INSERT INTO notes (name, value, updated_at)
VALUES ('webhook.secret', '{"is": "whsec_x"}', '2026-01-01 00:00:00.000000');

UPDATE api_keys SET quota_jobs = 10, quota_bytes = NULL
WHERE key_id = '00000000-0000-4000-8000-000000000006';
