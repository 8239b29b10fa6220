import { useMutation } from "@tanstack/react-query";
import { Button } from "../../components/Button";
import { CopyButton } from "../../components/CopyButton";
import { openPage } from "../../ipc/links";

/** A page of the documentation, opened in the browser; where there is none, its address can be copied. */
export function PageLink({ url, children }: { url: string; children: string }) {
  const open = useMutation({ mutationFn: () => openPage(url) });
  return (
    <>
      <Button size="small" icon="external" onPress={() => open.mutate()} isPending={open.isPending}>
        {children}
      </Button>
      {open.error && <span>No browser could be opened.</span>}
      <CopyButton text={url} label="Copy link" />
    </>
  );
}
