import { Badge } from "../../components/Badge";
import { Moment } from "../../components/Moment";
import type { Certificate } from "../../ipc/bindings";
import styles from "./ConnectionForm.module.css";

/** What a PEM holds, in words. */
export function CertificateList({
  label,
  certificates,
}: {
  label: string;
  certificates: readonly Certificate[];
}) {
  return (
    <ul className={styles.certificates} aria-label={label}>
      {certificates.map((certificate) => (
        <li key={`${certificate.subject} ${certificate.notAfter}`}>
          <span className={styles.subject}>{certificate.subject}</span>
          <span className={styles.muted}>
            {certificate.issuer === certificate.subject
              ? "issued by itself"
              : `issued by ${certificate.issuer}`}
            , valid until <Moment value={certificate.notAfter} />
          </span>
          {certificate.expired && <Badge tone="bad">Expired</Badge>}
        </li>
      ))}
    </ul>
  );
}
