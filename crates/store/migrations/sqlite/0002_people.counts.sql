ALTER TABLE token_use ADD COLUMN address TEXT;
