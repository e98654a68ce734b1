// What reads a bid's PDF: in a worker of its own, which the policy of its answer lets run no code but this.
import 'pdfjs-dist/legacy/build/pdf.worker.min.mjs';
