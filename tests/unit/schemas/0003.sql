-- A webhook that is owed, after a try, and an endpoint that wants no more.

INSERT INTO deliveries (delivery_id, job_id, event, url, endpoint, state, attempts, counted_from,
 next_at, created_at, updated_at, last_status, last_error)
VALUES ('msg_00000000000000000000000000000001', '00000000-0000-4000-8000-000000000001',
 'job.completed', 'https://hooks.example/a', 'https://hooks.example', 'pending', 1, 0,
 '2026-01-01 00:02:00.000000', '2026-01-01 00:01:00.000000', '2026-01-01 00:01:30.000000', 500,
 'answered 500');

INSERT INTO delivery_tries (delivery_id, number, at, seconds, status, error)
VALUES ('msg_00000000000000000000000000000001', 1, '2026-01-01 00:01:30.000000', 0.25, 500, NULL);

INSERT INTO webhook_endpoints (url, disabled_at, reason)
VALUES ('https://gone.example/b', '2026-01-01 00:01:00.000000', 'answered 410');
