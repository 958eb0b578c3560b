-- Roles apart: the owner migrates; the application reads and writes rows, has no DDL, and can only add to the audit
-- table; dashboards read. Run once as a superuser in the empty database:
--   psql -d surveyor -v owner_password=… -v app_password=… -f deploy/roles.sql
CREATE ROLE surveyor_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE surveyor LOGIN PASSWORD :'app_password';
CREATE ROLE surveyor_reader NOLOGIN;
ALTER DATABASE surveyor OWNER TO surveyor_owner;
ALTER SCHEMA public OWNER TO surveyor_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO surveyor, surveyor_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE surveyor_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO surveyor;
ALTER DEFAULT PRIVILEGES FOR ROLE surveyor_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO surveyor;
ALTER DEFAULT PRIVILEGES FOR ROLE surveyor_owner IN SCHEMA public GRANT SELECT ON TABLES TO surveyor_reader;
-- `surveyor db upgrade`, run as surveyor_owner, takes UPDATE and DELETE on the audit table away from the others
-- (a trigger of the schema refuses both as well, whoever asks).
