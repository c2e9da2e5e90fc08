ALTER TABLE refunds ADD COLUMN failure_reason text;
