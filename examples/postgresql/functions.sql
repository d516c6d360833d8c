CREATE FUNCTION process_data(text) RETURNS text AS 'components', 'process_data' LANGUAGE C STRICT;
CREATE FUNCTION percent(part bigint, whole bigint) RETURNS bigint AS 'components', 'percent' LANGUAGE C STRICT;
