CREATE INDEX queue_time_index ON job_queue (queue_time);
DROP INDEX IF EXISTS queue_status_index;
