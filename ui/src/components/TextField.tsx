import { type ReactNode, type Ref, useCallback, useState } from "react";
import {
  SearchField as AriaSearchField,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
} from "react-aria-components";
import { IconButton } from "./Button";
import styles from "./Field.module.css";
import { Icon } from "./Icon";
import { unmirrored } from "./unmirrored";

export interface TextFieldProps extends Omit<AriaTextFieldProps, "className" | "style" | "children"> {
  label: string;
  description?: ReactNode;
  /** Shown under the field, which is then marked invalid. */
  error?: string | null;
  placeholder?: string;
  optional?: boolean;
  /** For SQL, addresses, names of files: monospaced, never corrected or capitalised. */
  mono?: boolean;
  /** More than one turns the field into a text area of so many rows. */
  rows?: number;
  trailing?: ReactNode;
  inputRef?: Ref<HTMLInputElement & HTMLTextAreaElement>;
}

/** `type="password"` gets a button that shows what was typed. What any of them holds is not in the markup. */
export function TextField({
  label,
  description,
  error,
  placeholder,
  optional,
  mono,
  rows = 1,
  trailing,
  inputRef,
  type = "text",
  ...props
}: TextFieldProps) {
  const [isShown, setShown] = useState(false);
  const ref = useCallback(
    (field: (HTMLInputElement & HTMLTextAreaElement) | null) => {
      if (field) unmirrored(field);
      if (typeof inputRef === "function") inputRef(field);
      else if (inputRef) inputRef.current = field;
    },
    [inputRef],
  );
  const isSecret = type === "password";
  const verbatim = mono || isSecret;
  const inputProps = {
    className: styles.input,
    placeholder,
    "data-mono": mono || undefined,
    spellCheck: verbatim ? (false as const) : undefined,
    autoCorrect: verbatim ? "off" : undefined,
    autoCapitalize: verbatim ? "off" : undefined,
  };
  return (
    <AriaTextField
      autoComplete="off"
      {...props}
      type={isSecret && isShown ? "text" : type}
      isInvalid={Boolean(error) || props.isInvalid}
      validationBehavior="aria"
      className={styles.field}
    >
      <Label className={styles.label}>
        {label} {optional && <span className={styles.optional}>(optional)</span>}
      </Label>
      <div className={styles.control}>
        {rows > 1 ? <TextArea {...inputProps} ref={ref} rows={rows} /> : <Input {...inputProps} ref={ref} />}
        {isSecret && (
          <div className={styles.trail}>
            <IconButton
              icon={isShown ? "eyeOff" : "eye"}
              label={isShown ? `Hide ${label.toLowerCase()}` : `Show ${label.toLowerCase()}`}
              size="small"
              onPress={() => setShown(!isShown)}
            />
          </div>
        )}
        {trailing && <div className={styles.trail}>{trailing}</div>}
      </div>
      {description && (
        <Text slot="description" className={styles.description}>
          {description}
        </Text>
      )}
      <FieldError className={styles.error}>{error ?? undefined}</FieldError>
    </AriaTextField>
  );
}

export interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  inputRef?: Ref<HTMLInputElement>;
}

/** Its label is for screen readers; the placeholder says the same to the eye. Escape empties it. */
export function SearchField({
  label,
  value,
  onChange,
  placeholder = `${label}…`,
  inputRef,
}: SearchFieldProps) {
  return (
    <AriaSearchField aria-label={label} value={value} onChange={onChange} className={styles.field}>
      <div className={styles.control}>
        <span className={styles.lead}>
          <Icon name="search" size={14} />
        </span>
        <Input ref={inputRef} className={styles.input} placeholder={placeholder} />
        {value !== "" && (
          <div className={styles.trail}>
            <IconButton icon="close" label="Clear" size="small" slot={null} onPress={() => onChange("")} />
          </div>
        )}
      </div>
    </AriaSearchField>
  );
}
