/**
 * The wire of Nix's protocols: 64-bit little-endian numbers, and strings as length, bytes, zeros up to the next multiple
 * of eight (https://nix.dev/manual/nix/latest/protocols/nix-archive).
 *
 * The other end is hostile: every length is checked against a limit before a byte of it is waited for, and what comes
 * in is pulled, never pushed, so that nobody can make us hold more than one such limit.
 */

/** What was sent is no message of the protocol: the two ends no longer agree where the next one begins. */
export class WireError extends Error {}

const NOTHING: Buffer = Buffer.alloc(0);
const padding = (length: number) => -length & 7;

/** Says how many of the bytes it has dealt with, and keeps none of them: they are others afterwards. */
export type Deal = (bytes: Buffer) => number;

/** What the other end sends, in pieces as they come. */
export interface Pieces {
  /**
   * @param deal may be given what comes in before it is handed out
   * @returns `undefined` once nothing more is sent
   */
  next(deal?: Deal): Promise<Buffer | undefined>;
}

export class WireReader {
  readonly #source: Pieces;
  #buffer = NOTHING;
  #at = 0;
  #tap: ((bytes: Buffer) => void) | undefined;

  constructor(source: Pieces) {
    this.#source = source;
  }

  /** Shows every byte read from here on to somebody, in order; `undefined` ends that. */
  tap(tap: ((bytes: Buffer) => void) | undefined): void {
    this.#tap = tap;
  }

  /**
   * True once nothing more is sent.
   * @param deal given what is there, from the beginning of a message on, and deals with whole messages
   */
  async atEnd(deal?: Deal): Promise<boolean> {
    if (deal !== undefined && this.#at < this.#buffer.length)
      this.#at += deal(this.#buffer.subarray(this.#at));
    return this.#at === this.#buffer.length && !(await this.#more(deal));
  }

  /** @throws WireError not a number JavaScript holds exactly; the end of what is sent */
  async number(): Promise<number> {
    if (this.#buffer.length - this.#at < 8) await this.#wait(8);
    const low = this.#buffer.readUInt32LE(this.#at);
    const high = this.#buffer.readUInt32LE(this.#at + 4);
    if (high > 0x1fffff) throw new WireError("a number is too large");
    this.#advance(8);
    return high * 0x1_0000_0000 + low;
  }

  /** @throws WireError longer than the limit; padding that is not zero; the end of what is sent */
  async string(limit: number): Promise<Buffer> {
    const length = await this.number();
    if (length > limit) throw new WireError(`a string of ${length} bytes, where at most ${limit} are taken`);
    const padded = length + padding(length);
    if (this.#buffer.length - this.#at < padded) await this.#wait(padded);
    const value = this.#buffer.subarray(this.#at, this.#at + length);
    this.#expectZeros(this.#at + length, this.#at + padded);
    this.#advance(padded);
    return value;
  }

  /** A string that is compared or shown; bytes become the characters of their value. */
  async text(limit: number): Promise<string> {
    return (await this.string(limit)).toString("latin1");
  }

  /** A list of such strings. @throws WireError as for `string`; more strings than `most` */
  async texts(most: number, limit: number): Promise<string[]> {
    const count = await this.number();
    if (count > most) throw new WireError(`${count} strings at once, where at most ${most} are taken`);
    const texts: string[] = [];
    while (texts.length < count) texts.push(await this.text(limit));
    return texts;
  }

  /** A string of any length, in pieces as they arrive. */
  async pieces(take: (piece: Buffer) => void): Promise<void> {
    const length = await this.number();
    for (let left = length; left > 0; ) {
      if (this.#at === this.#buffer.length) await this.#wait(1);
      const piece = this.#buffer.subarray(this.#at, this.#at + left);
      left -= piece.length;
      this.#advance(piece.length);
      take(piece);
    }
    const zeros = padding(length);
    if (this.#buffer.length - this.#at < zeros) await this.#wait(zeros);
    this.#expectZeros(this.#at, this.#at + zeros);
    this.#advance(zeros);
  }

  #advance(bytes: number): void {
    if (this.#tap !== undefined) this.#tap(this.#buffer.subarray(this.#at, this.#at + bytes));
    this.#at += bytes;
  }

  #expectZeros(from: number, to: number): void {
    for (let at = from; at < to; at += 1)
      if (this.#buffer[at] !== 0) throw new WireError("padding is not zero");
  }

  /** Until so many bytes are there. */
  async #wait(bytes: number): Promise<void> {
    const parts: Buffer[] = [];
    let have = 0;
    do {
      const rest = this.#buffer.subarray(this.#at);
      if (rest.length > 0) parts.push(rest);
      have += rest.length;
    } while (have < bytes && (await this.#more()));
    this.#buffer = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, have);
    this.#at = 0;
    if (have < bytes) throw new WireError("it ends in the midst of a message");
  }

  async #more(deal?: Deal): Promise<boolean> {
    const next = await this.#source.next(deal);
    this.#buffer = next ?? NOTHING;
    this.#at = 0;
    return next !== undefined;
  }
}

/**
 * Reads a message that is there as a whole. Everything else about it (the rest is still on its way, it is too long, it is wrong)
 * is `undefined`, and told by `WireReader`, which reads it once more.
 */
export class WholeReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  number(): number | undefined {
    const at = this.#at;
    if (this.#bytes.length - at < 8 || this.#bytes.readUInt32LE(at + 4) !== 0) return undefined;
    this.#at += 8;
    return this.#bytes.readUInt32LE(at);
  }

  string(limit: number): Buffer | undefined {
    const length = this.number();
    if (length === undefined || length > limit) return undefined;
    const end = this.#at + length;
    const next = end + padding(length);
    if (next > this.#bytes.length) return undefined;
    for (let at = end; at < next; at += 1) if (this.#bytes[at] !== 0) return undefined;
    const value = this.#bytes.subarray(this.#at, end);
    this.#at = next;
    return value;
  }

  text(limit: number): string | undefined {
    return this.string(limit)?.toString("latin1");
  }

  texts(most: number, limit: number): string[] | undefined {
    const count = this.number();
    if (count === undefined || count > most) return undefined;
    const texts: string[] = [];
    while (texts.length < count) {
      const text = this.text(limit);
      if (text === undefined) return undefined;
      texts.push(text);
    }
    return texts;
  }
}

/** Puts a message together; `bytes` hands it over and begins the next one. */
export class WireWriter {
  #buffer = Buffer.allocUnsafe(1024);
  #length = 0;

  number(value: number): this {
    const at = this.#grow(8);
    this.#buffer.writeUInt32LE(value % 0x1_0000_0000, at);
    this.#buffer.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4);
    return this;
  }

  string(value: string | Buffer): this {
    this.number(value.length);
    const at = this.#grow(value.length + padding(value.length));
    if (typeof value === "string") this.#buffer.write(value, at, "latin1");
    else value.copy(this.#buffer, at);
    this.#buffer.fill(0, at + value.length, this.#length);
    return this;
  }

  strings(values: readonly string[]): this {
    this.number(values.length);
    for (const value of values) this.string(value);
    return this;
  }

  bytes(): Buffer {
    const message = Buffer.from(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
    return message;
  }

  /** Makes room, and says where it begins. */
  #grow(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(2 * this.#length);
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    return at;
  }
}
