CREATE TABLE uploads (
    id UUID PRIMARY KEY NOT NULL DEFAULT gen_random_uuid(),
    result JSONB,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE FUNCTION upload_completion_notify() RETURNS TRIGGER AS $$
BEGIN
	PERFORM pg_notify('upload_completion_channel', NEW.id::text);
	RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER upload_result AFTER INSERT OR UPDATE OF result ON uploads
    FOR EACH ROW EXECUTE FUNCTION upload_completion_notify();
