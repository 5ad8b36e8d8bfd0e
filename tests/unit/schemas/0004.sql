-- What a job's bytes are, and the engine that it keeps.

UPDATE jobs SET priority = 0, provider = 'faster_whisper', model = 'base',
 sha256 = 'abababababababababababababababababababababababababababababababab'
WHERE job_id = '00000000-0000-4000-8000-000000000001';
