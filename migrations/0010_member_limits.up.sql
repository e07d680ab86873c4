-- A person's limit is one organization's: it does not follow the person into another.
--
-- So far it held wherever the person was. A limit whose person has left goes to the organization that the person signs in to
-- now, unless that has set one of its own; without any it is dropped.
UPDATE limit_overrides SET org_id = moved.org_id
FROM (
  SELECT DISTINCT ON (stray.key) stray.id, present.org_id
  FROM limit_overrides stray
  CROSS JOIN LATERAL (
    SELECT org_id FROM memberships WHERE user_id = stray.key AND deleted_at IS NULL
    ORDER BY created_at DESC, org_id DESC LIMIT 1
  ) present
  WHERE stray.scope = 'user'
    AND NOT EXISTS (SELECT FROM memberships m
                    WHERE m.org_id = stray.org_id AND m.user_id = stray.key AND m.deleted_at IS NULL)
    AND NOT EXISTS (SELECT FROM limit_overrides own
                    WHERE own.scope = 'user' AND own.org_id = present.org_id AND own.key = stray.key)
  ORDER BY stray.key, stray.updated_at DESC
) moved
WHERE limit_overrides.id = moved.id;

DELETE FROM limit_overrides o WHERE scope = 'user' AND NOT EXISTS (
  SELECT FROM memberships m WHERE m.org_id = o.org_id AND m.user_id = o.key AND m.deleted_at IS NULL);

ALTER TABLE limit_overrides
  ADD COLUMN user_id uuid GENERATED ALWAYS AS (CASE WHEN scope = 'user' THEN key END) STORED,
  ADD FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id);
