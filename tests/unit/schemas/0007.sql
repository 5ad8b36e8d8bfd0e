-- What a talk is about.

UPDATE transcripts SET topics = '[{"topic": "greetings", "score": 0.5}]' WHERE asset_id = 'talk';
