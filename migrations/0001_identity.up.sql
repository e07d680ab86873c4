-- Who may sign in, and to which organization.
--
-- users are global: one e-mail is one person. What a person may do stands in memberships, one row per
-- organization; the role of a request comes from there, never from the token.

CREATE TABLE organizations (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);

CREATE TABLE users (
  id uuid PRIMARY KEY,
  email text NOT NULL CHECK (email = lower(email)),
  name text NOT NULL,
  -- Scheme prefix and hash, as crypto/passwords writes it.
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Answers "who signs in with this e-mail?", and refuses the second of two racing registrations.
CREATE UNIQUE INDEX users_email_key ON users (email);

CREATE TABLE memberships (
  org_id uuid NOT NULL REFERENCES organizations (id),
  user_id uuid NOT NULL REFERENCES users (id),
  role text NOT NULL CHECK (role IN ('admin', 'editor', 'viewer')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  PRIMARY KEY (org_id, user_id)
);

-- Answers "which organization does this user sign in to?".
CREATE INDEX memberships_by_user ON memberships (user_id, created_at DESC) WHERE deleted_at IS NULL;

-- One row per sign-in. Every request looks it up, so a revoked one ends at once.
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  user_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id)
);

-- Answers "end all sessions of this member".
CREATE INDEX sessions_by_user ON sessions (org_id, user_id) WHERE revoked_at IS NULL;

-- A family is one sign-in: using a token makes the next one, and using a used one revokes the family.
CREATE TABLE refresh_tokens (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  session_id uuid NOT NULL,
  parent_id uuid REFERENCES refresh_tokens (id),
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  revoked_at timestamptz,
  FOREIGN KEY (org_id, session_id) REFERENCES sessions (org_id, id)
);

-- Answers "whose token is this?".
CREATE UNIQUE INDEX refresh_tokens_hash_key ON refresh_tokens (token_hash);
-- Answers "revoke the family of this session".
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

GRANT SELECT, INSERT, UPDATE ON organizations, users, memberships, sessions, refresh_tokens TO loupe_app;
GRANT SELECT (id, name, deleted_at) ON organizations TO loupe_engine, loupe_runner;
