import type { Encoder } from './encoders';

interface Cursor {
  text: string;
  at: number;
}

/** `"…"` with backslashes before quotes and backslashes. Leaves the cursor behind the closing quote. */
function quotedElement(cursor: Cursor): string {
  let element = '';
  let from = cursor.at + 1;
  for (let at = from; at < cursor.text.length; at++) {
    const char = cursor.text[at];
    if (char === '\\') {
      element += cursor.text.slice(from, at);
      from = at + 1;
      at += 1;
    } else if (char === '"') {
      cursor.at = at + 1;
      return element + cursor.text.slice(from, at);
    }
  }
  throw new SyntaxError('array text ends inside a quoted element');
}

function bareElement(cursor: Cursor, delimiter: string): string {
  const from = cursor.at;
  while (cursor.at < cursor.text.length) {
    const char = cursor.text[cursor.at];
    if (char === delimiter || char === '}') return cursor.text.slice(from, cursor.at);
    cursor.at += 1;
  }
  throw new SyntaxError('array text ends inside an element');
}

/**
 * An array's text (`{1,NULL,"a b"}`, nested for each dimension, perhaps with bounds in front) as a JSON array of
 * its encoded elements.
 */
export function arrayEncoder(element: Encoder, delimiter = ','): Encoder {
  function item(cursor: Cursor): string {
    if (cursor.text[cursor.at] === '{') return list(cursor);
    if (cursor.text[cursor.at] === '"') return element(quotedElement(cursor));
    const text = bareElement(cursor, delimiter);
    return text === 'NULL' ? 'null' : element(text);
  }

  function list(cursor: Cursor): string {
    cursor.at += 1;
    if (cursor.text[cursor.at] === '}') {
      cursor.at += 1;
      return '[]';
    }
    let json = '[';
    for (;;) {
      json += item(cursor);
      const next = cursor.text[cursor.at];
      cursor.at += 1;
      if (next === '}') return `${json}]`;
      if (next !== delimiter) throw new SyntaxError('array text has no delimiter between two elements');
      json += ',';
    }
  }

  // Bounds other than 1 are announced as `[0:2]=`; the JSON has no place for them.
  return (text) => list({ text, at: text.startsWith('[') ? text.indexOf('=') + 1 : 0 });
}
