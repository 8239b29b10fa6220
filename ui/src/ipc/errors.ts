import type { ErrorCode, IpcError } from "./bindings";

/** The core names fields as Rust does; the screen has them as they are on the wire. */
function camelKeys(fields: { [key in string]: string }): { [key in string]: string } {
  return Object.fromEntries(
    Object.entries(fields).map(([key, text]) => [
      key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
      text,
    ]),
  );
}

/** A failure of a command, as something that can be thrown. Screens act on `code` and show the rest. */
export class CallError extends Error implements IpcError {
  override readonly name = "CallError";
  readonly code: ErrorCode;
  readonly hint: string | null;
  readonly fields: { [key in string]: string };
  readonly detail: string | null;
  readonly retryable: boolean;

  constructor(error: IpcError) {
    super(error.message);
    this.code = error.code;
    this.hint = error.hint;
    this.fields = camelKeys(error.fields);
    this.detail = error.detail;
    this.retryable = error.retryable;
  }
}

function isIpcError(value: unknown): value is IpcError {
  return (
    typeof value === "object" && value !== null && "code" in value && "message" in value && "fields" in value
  );
}

/** Whatever was thrown, as an error that can be shown. What is not ours is a fault of the program. */
export function asCallError(thrown: unknown): CallError {
  if (thrown instanceof CallError) return thrown;
  if (isIpcError(thrown)) return new CallError(thrown);
  return new CallError({
    code: "internal",
    message: "Something inside Roachvault went wrong.",
    hint: "Try once more. If it happens again, copy the details for whoever looks after the app.",
    fields: {},
    detail: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
    retryable: false,
  });
}
