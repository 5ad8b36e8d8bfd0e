-- A dead letter, a run of the service, and a key that names a job.

UPDATE jobs SET dead_letter = TRUE, errors = 1, crashes = 2, deaths = 1
WHERE job_id = '00000000-0000-4000-8000-000000000003';

INSERT INTO attempts (job_id, number, started_at, ended_at, stage, error_code, error_message,
 error_class, exit_status, last_lines)
VALUES ('00000000-0000-4000-8000-000000000003', 3, '2026-01-01 00:00:30.000000',
 '2026-01-01 00:01:00.000000', 'transcribing', 'engine.crashed', 'it died', 'EngineCrashed', -11,
 'ggml: out of luck');

INSERT INTO boots (boot_id, begun_at) VALUES ('a-dead-run', '2026-01-01 00:00:00.000000');

INSERT INTO request_keys (key, digest, job_id, created_at)
VALUES ('mine', 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd',
 '00000000-0000-4000-8000-000000000002', '2026-01-01 00:00:01.000000');
