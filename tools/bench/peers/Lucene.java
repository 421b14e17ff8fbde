/* SPDX-License-Identifier: MIT
 *
 * Lucene 8 as README.md asks for it: one thread, one segment, no cache of
 * queries; the best k are asked for with a threshold of k hits, so that blocks
 * are skipped as soon as k are known. */
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopScoreDocCollector;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.MMapDirectory;

public class Lucene {
    private static final BM25Similarity BM25 = new BM25Similarity(1.2f, 0.75f);

    // ---- index --------------------------------------------------------------

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

    private static void index(String folder, boolean isEnglish) throws IOException {
        Analyzer analyzer = isEnglish ? new EnglishAnalyzer() : new WhitespaceAnalyzer();
        IndexWriterConfig config = new IndexWriterConfig(analyzer);
        config.setSimilarity(BM25);
        config.setRAMBufferSizeMB(512);
        config.setMergeScheduler(new SerialMergeScheduler());
        config.setUseCompoundFile(false);
        Field.Store store = isEnglish ? Field.Store.YES : Field.Store.NO;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        InputStream in = new BufferedInputStream(System.in, 1 << 20);
        try (IndexWriter writer = new IndexWriter(new MMapDirectory(Paths.get(folder)), config)) {
            for (String id; (id = next(in, bytes, 0x1F)) != null;) {
                Document document = new Document();
                document.add(new StringField("id", id, Field.Store.YES));
                document.add(new TextField("text", next(in, bytes, 0x1E), store));
                writer.addDocument(document);
            }
            writer.forceMerge(1);
            writer.commit();
        }
    }

    // ---- query --------------------------------------------------------------

    private static Query ofClause(String clause) {
        String[] words = clause.substring(1).split(" ");
        return words.length == 1 ? new TermQuery(new Term("text", words[0]))
                                 : new PhraseQuery("text", words);
    }

    private static Query ofQuery(String[] clauses) {
        if (clauses.length == 1) {
            return ofClause(clauses[0]);
        }
        BooleanQuery.Builder all = new BooleanQuery.Builder();
        for (String clause : clauses) {
            char sign = clause.charAt(0);
            all.add(ofClause(clause),
                    sign == '+' ? Occur.MUST : sign == '-' ? Occur.MUST_NOT : Occur.SHOULD);
        }
        return all.build();
    }

    /** What a query found. */
    private static class Found {
        ScoreDoc[] best = {};
        long count;
    }

    private static Found search(IndexSearcher searcher, String[] clauses, int k, boolean counts)
            throws IOException {
        Found found = new Found();
        Query query = ofQuery(clauses);
        if (k == 0) {
            found.count = searcher.count(query);
            return found;
        }
        TopScoreDocCollector collector =
                TopScoreDocCollector.create(k, counts ? Integer.MAX_VALUE : k);
        searcher.search(query, collector);
        TopDocs top = collector.topDocs();
        found.best = top.scoreDocs;
        found.count = top.totalHits.value;
        return found;
    }

    private static void print(PrintStream out, IndexReader reader, double[] times, Found found,
            boolean counts) throws IOException {
        Arrays.sort(times);
        double median = (times[(times.length - 1) / 2] + times[times.length / 2]) / 2;
        out.printf(Locale.ROOT, "%.2f\t%s", median, counts ? Long.toString(found.count) : "-");
        for (int i = 0; i < Math.min(10, found.best.length); i++) {
            out.print((i > 0 ? " " : "\t") + reader.document(found.best[i].doc).get("id"));
        }
        out.println();
    }

    private static void query(String[] arguments) throws IOException {
        int k = Integer.parseInt(arguments[2]);
        boolean counts = arguments[3].equals("1");
        int warm = Integer.parseInt(arguments[4]), rounds = Integer.parseInt(arguments[5]);
        List<String[]> queries = new ArrayList<>();
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null;) {
            queries.add(line.split("\t"));
        }
        IndexReader reader = DirectoryReader.open(new MMapDirectory(Paths.get(arguments[1])));
        IndexSearcher searcher = new IndexSearcher(reader);
        searcher.setSimilarity(BM25);
        searcher.setQueryCache(null);
        double[][] times = new double[queries.size()][rounds];
        Found[] found = new Found[queries.size()];
        for (int round = -warm; round < rounds; round++) {
            for (int i = 0; i < found.length; i++) {
                long start = System.nanoTime();
                found[i] = search(searcher, queries.get(i), k, counts);
                if (round >= 0) {
                    times[i][round] = (System.nanoTime() - start) / 1e3;
                }
            }
        }
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        for (int i = 0; i < found.length; i++) {
            print(out, reader, times[i], found[i], counts);
        }
        out.flush();
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments[0].equals("index")) {
            index(arguments[1], arguments[2].equals("english"));
        } else {
            query(arguments);
        }
    }
}
