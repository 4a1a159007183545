// java Reader.java URL USER PASSWORD: reads an MJPEG stream with the JDK's own HttpURLConnection, which asks its
// Authenticator for the password when it is told 401. Writes each picture to standard output after its length in bytes.

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.PasswordAuthentication;
import java.net.URL;

public class Reader {
    public static void main(String[] arguments) throws IOException {
        Authenticator.setDefault(new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication(arguments[1], arguments[2].toCharArray());
            }
        });
        HttpURLConnection connection = (HttpURLConnection) new URL(arguments[0]).openConnection();
        try (DataInputStream body = new DataInputStream(connection.getInputStream())) {
            DataOutputStream pictures = new DataOutputStream(System.out);
            while (true) {
                byte[] picture = new byte[length(body)];
                body.readFully(picture);
                pictures.writeInt(picture.length);
                pictures.write(picture);
                pictures.flush();
            }
        }
    }

    /** The Content-Length of the next part, whose head is read to its end. */
    @SuppressWarnings("deprecation") // readLine is for bytes, and so are the heads of parts
    private static int length(DataInputStream body) throws IOException {
        int length = -1;
        boolean isInHead = false;
        while (true) {
            String line = body.readLine();
            if (line == null) {
                throw new IOException("the stream has ended");
            }
            if (line.isEmpty() && isInHead) {
                if (length < 0) {
                    throw new IOException("a part without a Content-Length");
                }
                return length;
            }
            isInHead = isInHead || !line.isEmpty();
            if (line.toLowerCase().startsWith("content-length:")) {
                length = Integer.parseInt(line.substring("content-length:".length()).trim());
            }
        }
    }
}
