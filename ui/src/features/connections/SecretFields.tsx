import { useQuery } from "@tanstack/react-query";
import { Callout } from "../../components/Callout";
import { RadioGroup } from "../../components/Choice";
import { TextField } from "../../components/TextField";
import type { SecretForm, SecretMode } from "./draft";
import { keyringQuery } from "./queries";

export interface SecretFieldsProps {
  /** "Password" or "Sign-in token". */
  label: string;
  secret: SecretForm;
  onChange: (secret: SecretForm) => void;
  error?: string | null;
}

function standing({ handle, saved, mode }: SecretForm): string | undefined {
  if (handle !== null) return "Taken from the pasted text. Type to replace it.";
  if (saved === "notGiven" && mode === "keyring") return "Not entered yet. You are asked when you connect.";
  if (saved === "keyring" && mode === "keyring") return "Kept in the keyring. Type to replace it.";
  return undefined;
}

/** The password and where it stays. What is kept is never shown again. */
export function SecretFields({ label, secret, onChange, error }: SecretFieldsProps) {
  const { data: keyring } = useQuery({ ...keyringQuery, enabled: secret.mode === "keyring" });
  const words = standing(secret);
  return (
    <>
      {secret.mode !== "none" && (
        <TextField
          label={label}
          type="password"
          value={secret.typed}
          onChange={(typed) => onChange({ ...secret, typed })}
          placeholder={words ? "••••••••" : undefined}
          description={
            words ??
            (secret.mode === "askEachTime" ? "Leave it empty to be asked when you connect." : undefined)
          }
          error={error}
        />
      )}
      <RadioGroup<SecretMode>
        label={`Where the ${label.toLowerCase()} stays`}
        look="row"
        value={secret.mode}
        onChange={(mode) => onChange({ ...secret, mode })}
        options={[
          { value: "keyring", label: "In this computer's keyring" },
          { value: "askEachTime", label: "Ask each time" },
          { value: "none", label: `No ${label.toLowerCase()}` },
        ]}
      />
      {secret.mode === "keyring" && keyring && keyring.status !== "ready" && (
        <Callout tone="attention" title={keyring.message}>
          {keyring.hint ?? "Unlock it, or choose to be asked each time."}
        </Callout>
      )}
    </>
  );
}
