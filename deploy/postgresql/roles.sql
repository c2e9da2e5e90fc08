-- The two roles and the database of a board. As a superuser, with the passwords in the environment:
--
--   OWNER_PASSWORD=… BOARD_PASSWORD=… psql --file deploy/postgresql/roles.sql postgresql://postgres@HOST:5432/postgres
--
-- With READER_PASSWORD it also makes adminboard_reader, which reads what is no secret, for reports made elsewhere.
-- Running it again makes what is missing and sets the passwords anew, which is how they are rotated. psql 15 or newer.
-- The privileges of the board's role are granted by `adminboard migrate`, at every migration (db/grants.py).
\set ON_ERROR_STOP on
\set owner_password ''
\set board_password ''
\getenv owner_password OWNER_PASSWORD
\getenv board_password BOARD_PASSWORD
\set reader_password ''
\getenv reader_password READER_PASSWORD
SELECT :'reader_password' <> '' AS has_reader
\gset
SELECT :'owner_password' = '' OR :'board_password' = '' AS is_missing
\gset
\if :is_missing
DO $$ BEGIN
    RAISE EXCEPTION 'Set OWNER_PASSWORD and BOARD_PASSWORD to the passwords the two roles shall have.';
END $$;
\endif

SELECT format('CREATE ROLE %I', name)
FROM unnest(ARRAY['adminboard_owner', 'adminboard']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
ALTER ROLE adminboard_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
ALTER ROLE adminboard LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'board_password';

-- Where administrators are no superusers, as with most providers, they have to be in the role to hand a database to it.
SELECT format('GRANT adminboard_owner TO %I', current_user)
WHERE NOT pg_has_role(current_user, 'adminboard_owner', 'USAGE')
\gexec
SELECT 'CREATE DATABASE adminboard OWNER adminboard_owner ENCODING ''UTF8'' TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'adminboard')
\gexec
REVOKE ALL ON DATABASE adminboard FROM PUBLIC;
GRANT CONNECT ON DATABASE adminboard TO adminboard;

\if :has_reader
SELECT 'CREATE ROLE adminboard_reader' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'adminboard_reader')
\gexec
ALTER ROLE adminboard_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'reader_password';
-- The privileges hold it to reading; these keep a careless report from holding up others.
ALTER ROLE adminboard_reader SET default_transaction_read_only = on;
ALTER ROLE adminboard_reader SET statement_timeout = '60s';
GRANT CONNECT ON DATABASE adminboard TO adminboard_reader;
\endif

\connect adminboard
-- Whoever may make things in public could put a function in the owner's way.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
