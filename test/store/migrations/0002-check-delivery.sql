-- A check asked for with a delivery, as they all are from here on.
insert into checks (id, repository_id, number, head_sha, state, scope, system, approved, told, delivery) values
  ('5a5cbb9e-0000-4000-8000-000000000004', 5000000000, 2, repeat('f', 40), 'failed', '{"kind":"everything"}',
    'x86_64-linux', true, true, '72d3162e-cc78-11e3-81ab-4c9367dc0960');
