-- An upload under way, and one that has become a job.

INSERT INTO uploads (upload_id, length, received, file_name, told, options, sha256, created_at,
 updated_at, expires_at, finished_at)
VALUES ('00000000-0000-4000-8000-000000000005', 10, 4, 'e.mp4', 'filename ZS5tcDQ=',
 '{"task": "transcribe", "labels": []}', NULL, '2026-01-01 00:00:00.000000',
 '2026-01-01 00:00:00.000000', '2026-01-02 00:00:00.000000', NULL);

INSERT INTO uploads (upload_id, length, received, file_name, told, options, sha256, created_at,
 updated_at, expires_at, finished_at)
VALUES ('00000000-0000-4000-8000-000000000001', 10, 10, 'Träume.mp4', NULL,
 '{"task": "transcribe", "labels": []}',
 'abababababababababababababababababababababababababababababababab', '2026-01-01 00:00:00.000000',
 '2026-01-01 00:00:00.000000', '2026-01-02 00:00:00.000000', '2026-01-01 00:00:00.000000');
