/* SPDX-License-Identifier: MIT
 *
 * Lucene 8 for tools/bench/index: records (id 0x1F text 0x1E) on standard
 * input become documents with English analysis, positions and their text, one
 * thread, merged to one segment, committed. Usage: Lucene FOLDER */
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Paths;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.store.FSDirectory;

public class Lucene {
    /** What stands before the next `end`; null at the end of the input. */
    private static String next(InputStream in, ByteArrayOutputStream bytes, int end)
            throws IOException {
        bytes.reset();
        for (int b; (b = in.read()) != end; bytes.write(b)) {
            if (b < 0) {
                return null;
            }
        }
        return new String(bytes.toByteArray(), StandardCharsets.UTF_8);
    }

    public static void main(String[] arguments) throws IOException {
        IndexWriterConfig config = new IndexWriterConfig(new EnglishAnalyzer());
        config.setRAMBufferSizeMB(512);
        config.setMergeScheduler(new SerialMergeScheduler());
        config.setUseCompoundFile(false);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        InputStream in = new BufferedInputStream(System.in, 1 << 20);
        try (IndexWriter writer =
                new IndexWriter(FSDirectory.open(Paths.get(arguments[0])), config)) {
            for (String id; (id = next(in, bytes, 0x1F)) != null;) {
                Document document = new Document();
                document.add(new StringField("id", id, Field.Store.YES));
                document.add(new TextField("text", next(in, bytes, 0x1E), Field.Store.YES));
                writer.addDocument(document);
            }
            writer.forceMerge(1);
            writer.commit();
        }
    }
}
