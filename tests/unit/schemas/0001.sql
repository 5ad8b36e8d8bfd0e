-- A job in each state, what was heard in one, and what is known so far in another.

INSERT INTO jobs (job_id, status, stage, progress, created_at, updated_at, finished_at, stage_started_at, source,
 source_name, input_path, output_path, error_code, error_message, attempts, boot_id, options,
 duration, warnings, timings, asset_id)
VALUES ('00000000-0000-4000-8000-000000000001', 'completed', NULL, 1,
 '2026-01-01 00:00:00.000000', '2026-01-01 00:01:00.000000', '2026-01-01 00:01:00.000000', NULL,
 'upload', 'Träume.mp4', 'video_jobs/00000000-0000-4000-8000-000000000001.mp4',
 'results/00000000-0000-4000-8000-000000000001.json', NULL, NULL, 2, NULL,
 '{"language": "en", "task": "transcribe", "provider": null, "model": null, "prompt": null, "word_timestamps": true, "asset_id": "talk", "title": "A talk", "labels": ["a"]}',
 12.5, '[{"code": "media.truncated", "message": "cut short"}]', '{"transcribing": 1.5}', 'talk');

INSERT INTO jobs (job_id, status, stage, progress, created_at, updated_at, finished_at, stage_started_at, source,
 source_name, input_path, output_path, error_code, error_message, attempts, boot_id, options,
 duration, warnings, timings, asset_id)
VALUES ('00000000-0000-4000-8000-000000000002', 'pending', NULL, 0,
 '2026-01-01 00:00:01.000000', '2026-01-01 00:00:01.000000', NULL, NULL,
 'path', '/media/b.wav', '/media/b.wav', NULL, NULL, NULL, 0, NULL, '{"language": null, "task": "translate", "labels": []}', NULL, '[]', '{}',
 '00000000-0000-4000-8000-000000000002');

INSERT INTO jobs (job_id, status, stage, progress, created_at, updated_at, finished_at, stage_started_at, source,
 source_name, input_path, output_path, error_code, error_message, attempts, boot_id, options,
 duration, warnings, timings, asset_id)
VALUES ('00000000-0000-4000-8000-000000000003', 'failed', 'transcribing', 0.5,
 '2026-01-01 00:00:02.000000', '2026-01-01 00:01:00.000000', '2026-01-01 00:01:00.000000', NULL,
 'url', 'https://example.org/c.ogg?x=1', 'audio_jobs/00000000-0000-4000-8000-000000000003.ogg',
 NULL, 'engine.crashed', 'it died', 3, NULL, '{"language": null, "task": "translate", "labels": []}', 3.25, '[]', '{}',
 '00000000-0000-4000-8000-000000000003');

INSERT INTO jobs (job_id, status, stage, progress, created_at, updated_at, finished_at, stage_started_at, source,
 source_name, input_path, output_path, error_code, error_message, attempts, boot_id, options,
 duration, warnings, timings, asset_id)
VALUES ('00000000-0000-4000-8000-000000000004', 'running', 'transcribing', 0.25,
 '2026-01-01 00:00:03.000000', '2026-01-01 00:01:00.000000', NULL, '2026-01-01 00:01:00.000000',
 'upload', 'd.wav', 'audio_jobs/00000000-0000-4000-8000-000000000004.wav', NULL, NULL, NULL, 1,
 'a-dead-run', '{"language": null, "task": "translate", "labels": []}', 60, '[]', '{}', '00000000-0000-4000-8000-000000000004');

INSERT INTO attempts (job_id, number, started_at, ended_at, stage, error_code, error_message)
VALUES ('00000000-0000-4000-8000-000000000001', 1, '2026-01-01 00:00:10.000000',
 '2026-01-01 00:00:20.000000', 'media_extraction', 'interrupted', 'the service stopped');

INSERT INTO attempts (job_id, number, started_at, ended_at)
VALUES ('00000000-0000-4000-8000-000000000001', 2, '2026-01-01 00:00:30.000000',
 '2026-01-01 00:01:00.000000');

INSERT INTO windows (job_id, params_hash, number, first_sample, samples, result, recorded_at)
VALUES ('00000000-0000-4000-8000-000000000004', 'a-hash', 0, 0, 240000,
 '{"segments": [{"start": 0.0, "end": 1.0, "text": " so far", "avg_logprob": null, "no_speech_prob": 0.1, "words": []}], "language": "en"}',
 '2026-01-01 00:01:00.000000');

INSERT INTO transcripts (job_id, asset_id, indexed_in, created_at, provider, model, duration,
 language, segments, text)
VALUES ('00000000-0000-4000-8000-000000000001', 'talk', NULL, '2026-01-01 00:01:00.000000',
 'whisper_cpp', 'base', 12.5, '{"language": "en", "confidence": 0.75, "alternatives": []}',
 '[{"start": 0.0, "end": 2.5, "text": " Grüße, 東京", "avg_logprob": -0.25, "no_speech_prob": null, "words": [{"start": 0.0, "end": 1.0, "text": " Grüße,", "probability": 0.5}]}]',
 'Grüße, 東京');
