import { useMutation } from "@tanstack/react-query";
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { Button, ButtonRow } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { TextField } from "../../components/TextField";
import { type ClipboardOffer, commands, type ParsedConnection } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import styles from "./ConnectionForm.module.css";

/** Whether a window that has the focus holds a connection string in its clipboard. Asked once, kept nowhere else. */
function useClipboardOffer(isWanted: boolean): [ClipboardOffer | null, () => void] {
  const [offer, setOffer] = useState<ClipboardOffer | null>(null);
  useEffect(() => {
    if (!isWanted) return;
    let isGone = false;
    // A clipboard that cannot be read has nothing to offer: no reason to interrupt anybody.
    const ask = () =>
      void commands.getClipboardOffer().then(
        (found) => !isGone && setOffer(found),
        () => {},
      );
    if (document.hasFocus()) ask();
    else window.addEventListener("focus", ask, { once: true });
    return () => {
      isGone = true;
      window.removeEventListener("focus", ask);
    };
  }, [isWanted]);
  return [offer, () => setOffer(null)];
}

/** What is in the field, for a button elsewhere on the page that goes by it. */
export interface PasteHandle {
  /** Null: the field was empty. Rejects where the text is not understood; the reason is at the field then. */
  take: () => Promise<ParsedConnection | null>;
}

/** Takes whatever people have in the clipboard and fills the form from it. */
export interface PasteBoxProps {
  onParsed: (parsed: ParsedConnection) => void;
  /** A whole connection string that is pasted needs no button. */
  takesPasted?: boolean;
  handle?: Ref<PasteHandle>;
  /** A text was given and not understood. */
  onRefused?: () => void;
  /** On the way in: the field has the focus, and what the clipboard holds is offered. */
  isFirst?: boolean;
  /** What happens to a text that is understood. */
  submitLabel?: string;
  /** Taking the text is what the screen is for. */
  isPrimary?: boolean;
  /** Why a text that was pasted earlier was not understood. */
  refusal?: string;
  /** Goes on to the empty form: with what is in the field already, or the reason why that is no use. */
  onByHand?: (found: { parsed?: ParsedConnection; refusal?: string }) => void;
}

export function PasteBox({
  onParsed,
  takesPasted = false,
  handle,
  onRefused,
  isFirst = false,
  submitLabel = "Fill in the form",
  isPrimary = false,
  refusal,
  onByHand,
}: PasteBoxProps) {
  const [text, setText] = useState("");
  const [taken, setTaken] = useState<string | null>(null);
  const [isEmptyHanded, setEmptyHanded] = useState(false);
  const [offer, forget] = useClipboardOffer(isFirst);
  const take = (parsed: ParsedConnection) => {
    // The text holds a password: it does not stay on the screen once it is understood.
    setText("");
    forget();
    forgetErrors();
    const { user, host } = parsed.fields;
    setTaken([user, host].filter(Boolean).join(" at "));
    onParsed(parsed);
  };
  const parse = useMutation({ mutationFn: commands.parseConnection, onSuccess: take, onError: onRefused });
  const clipboard = useMutation({
    mutationFn: commands.readClipboardConnection,
    onSuccess: (parsed) => {
      if (parsed) return take(parsed);
      setEmptyHanded(true);
      onRefused?.();
    },
    onError: onRefused,
  });
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  useImperativeHandle(handle, () => ({
    take: async () => {
      if (text.trim() === "") return null;
      try {
        return await parse.mutateAsync(text);
      } catch (thrown) {
        field.current?.focus();
        throw thrown;
      }
    },
  }));
  /** Between the paste and the change of the field that comes of it. */
  const isPasting = useRef(false);
  const latest = useRef(text);
  latest.current = text;
  const takePasted = async (pasted: string) => {
    try {
      const parsed = await commands.parseConnection(pasted);
      // Half of one is perhaps still being put together, and so is what was typed on.
      if (parsed.fields.host !== "" && latest.current === pasted) take(parsed);
    } catch {
      // What is wrong with it is said when somebody wants to go on with it.
    }
  };
  const byHand = async () => {
    if (text.trim() === "") return onByHand?.({});
    try {
      onByHand?.({ parsed: await commands.parseConnection(text) });
    } catch (thrown) {
      onByHand?.({ refusal: asCallError(thrown).message });
    }
  };
  const [earlier, setEarlier] = useState(refusal);
  const forgetErrors = () => {
    setEarlier(undefined);
    parse.reset();
    clipboard.reset();
    setEmptyHanded(false);
  };
  const thrown = parse.error ?? clipboard.error;
  const error = thrown && asCallError(thrown);
  return (
    <form
      className={styles.paste}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "") parse.mutate(text);
      }}
    >
      <TextField
        label="Connection string"
        description={
          isEmptyHanded
            ? "The clipboard holds nothing like a connection string."
            : taken
              ? `In the form now: ${taken}. Another one takes its place.`
              : "From the Cloud Console: Connect, then Connection string. A command line, JDBC, parameters or lines of a configuration file will do as well."
        }
        value={text}
        onPaste={() => {
          isPasting.current = takesPasted;
        }}
        onChange={(next) => {
          setText(next);
          setTaken(null);
          forgetErrors();
          if (isPasting.current) void takePasted(next);
          isPasting.current = false;
        }}
        inputRef={field}
        error={error ? [error.message, error.hint].filter(Boolean).join(" ") : earlier}
        placeholder="postgresql://app_admin:…@blue-dog-147.6wr.cockroachlabs.cloud:26257/defaultdb?sslmode=verify-full"
        rows={isPrimary ? 3 : 2}
        mono
        autoFocus={isFirst}
      />
      {offer && text === "" && (
        <Callout
          title="There is a connection string in the clipboard"
          actions={
            <>
              <Button size="small" onPress={() => clipboard.mutate()} isPending={clipboard.isPending}>
                Use it
              </Button>
              <Button size="small" variant="quiet" onPress={forget}>
                Not now
              </Button>
            </>
          }
        >
          {offer.user ? `${offer.user} at ${offer.host}` : offer.host}
        </Callout>
      )}
      <ButtonRow>
        <Button
          type="submit"
          variant={isPrimary ? "primary" : "secondary"}
          isDisabled={text.trim() === ""}
          isPending={parse.isPending}
        >
          {submitLabel}
        </Button>
        {!offer && !onByHand && (
          <Button variant="quiet" onPress={() => clipboard.mutate()} isPending={clipboard.isPending}>
            Take it from the clipboard
          </Button>
        )}
        {onByHand && (
          <Button variant="quiet" onPress={() => void byHand()}>
            Fill in by hand
          </Button>
        )}
      </ButtonRow>
    </form>
  );
}
