import assert from 'node:assert/strict';

/** A metric as it was exposed. */
export interface Exposed {
  readonly help: string;
  readonly type: string;
  /** By the labels as they are written, `pool="np1",severity="high"`. */
  readonly samples: ReadonlyMap<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
/** In a label's value, only these three are escaped. */
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (\\S+)$`);
const NUMBER = /^(?:NaN|[+-]Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

/**
 * Reads the text format of Prometheus 0.0.4 as strictly as its description: what a server would refuse, or take in
 * another way than it was meant, fails.
 */
export function parseExposition(text: string): ReadonlyMap<string, Exposed> {
  assert.ok(text.endsWith('\n'), 'the last line has no end');
  assert.ok(text.isWellFormed(), 'the text is no UTF-8');
  const metrics = new Map<string, { help: string; type: string; samples: Map<string, number> }>();
  let current: string | null = null;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      assert.ok(!metrics.has(name), `${name} is there twice`);
      assert.doesNotMatch(rest, /\\(?!\\|n)/, `help of ${name}`);
      metrics.set(name, { help: rest, type: '', samples: new Map() });
      current = name;
    } else if (keyword === 'TYPE') {
      const metric = metrics.get(name);
      assert.ok(metric !== undefined && name === current && metric.type === '', `type of ${name}`);
      assert.match(rest, /^(?:counter|gauge|histogram|summary|untyped)$/);
      metric.type = rest;
    } else readSample(line, current, metrics);
  }
  for (const [name, { type, help }] of metrics) {
    assert.notEqual(help, '', name);
    assert.equal(type === 'counter', name.endsWith('_total'), `${name} is a ${type}`);
    assert.doesNotMatch(name, /_(?:ms|minutes|hours|days|percent)(?:_|$)/, `${name} is not of a base unit`);
  }
  return metrics;
}

function readSample(
  line: string,
  current: string | null,
  metrics: ReadonlyMap<string, { type: string; samples: Map<string, number> }>,
): void {
  const [all, name, labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  assert.ok(all !== undefined, `not a sample: ${line}`);
  assert.equal(name, current, `${name} is not with its own`);
  const metric = metrics.get(name ?? '');
  assert.ok(metric !== undefined && metric.type !== '', `${name} has no type`);
  assert.match(value, NUMBER, line);
  const names = [...labels.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\\n]|\\.)*"/g)].map(([, each]) => each);
  assert.equal(new Set(names).size, names.length, `a label is there twice: ${line}`);
  assert.ok(!metric.samples.has(labels), `a sample is there twice: ${line}`);
  metric.samples.set(labels, Number(value));
}
