/**
 * Kernel images of a few bytes: to find out whether an accelerator runs anything at all, without a kernel at hand, and, in
 * tests, for what a real kernel does only when it is broken: hang, flood its console, print a panic, stop at once. x86 real
 * mode code behind the header that QEMU's loader looks for
 * (https://docs.kernel.org/arch/x86/boot.html).
 */

const SETUP_SECTORS = 4;
const CODE = 0x280;
const MESSAGE = 0x300;

/** Prints the text on the serial port, once or for ever, then hangs or resets the machine. */
export function tinyImage(text: string, then: "hang" | "reset" | "again"): Buffer {
  const image = Buffer.alloc((SETUP_SECTORS + 2) * 512);
  image.writeUInt8(SETUP_SECTORS, 0x1f1);
  image.writeUInt16LE(0xaa55, 0x1fe);
  // Where the loader jumps to: a short jump over the header.
  image.writeUInt8(0xeb, 0x200);
  image.writeUInt8(CODE - 0x202, 0x201);
  image.write("HdrS", 0x202);
  image.writeUInt16LE(0x0202, 0x206);
  image.writeUInt8(1, 0x211);
  Buffer.from(code(then)).copy(image, CODE);
  image.write(`${text}\0`, MESSAGE);
  return image;
}

function code(then: "hang" | "reset" | "again"): number[] {
  const hang = [0xeb, 0xfe];
  const endings = {
    hang,
    // The keyboard controller's reset line: out 0x64, 0xfe.
    reset: [0xb0, 0xfe, 0xe6, 0x64, ...hang],
    // Back to the first instruction.
    again: [0xeb, 0x100 - 16],
  };
  return [
    ...[0xba, 0xf8, 0x03], //  mov dx, 0x3f8
    ...[0xbe, MESSAGE & 0xff, MESSAGE >> 8], //  mov si, message
    0xfc, //  cld
    0xac, //  next: lodsb
    ...[0x84, 0xc0], //  test al, al
    ...[0x74, 0x03], //  jz done
    0xee, //  out dx, al
    ...[0xeb, 0xf8], //  jmp next
    ...endings[then].map((byte, index) => (then === "again" && index === 1 ? 0x100 - 17 : byte)), //  done:
  ];
}
