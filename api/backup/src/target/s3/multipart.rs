//! A file that is uploaded in parts: the object appears when the last request completes it, whole.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use chronogram_log::crash_point;
use md5::{Digest as _, Md5};
use reqwest_of_teloxide::{Method, header};
use rusty_s3::{
    S3Action as _,
    actions::{CompleteMultipartUploadResponse, CreateMultipartUpload},
};

use super::{Request, S3, error_code, plain, refusal};
use crate::{error::BackupError, target::Upload};

/// Bytes of a part: all the same, as some stores want it, above the 5 MiB that all ask for, and held in memory.
const PART_BYTES: usize = 16 << 20;
/// Parts of an object; with [`PART_BYTES`] 160 GB.
const PARTS_MAX: usize = 10_000;

const OPERATION: &str = "write a backup";

/// An upload under way.
pub(in crate::target) struct Multipart {
    s3: Arc<S3>,
    key: String,
    id: String,
    held: BytesMut,
    etags: Vec<String>,
    is_over: bool,
}

impl Multipart {
    pub(in crate::target) async fn create(s3: Arc<S3>, name: &str) -> Result<Self, BackupError> {
        match s3.size(name).await {
            Ok(_) => return Err(BackupError::Exists(format!("{}/{name}", s3.shown()))),
            Err(BackupError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        let key = s3.key(name);
        let url = || s3.sign(&s3.bucket.create_multipart_upload(Some(&s3.credentials), &key));
        let answer = s3.text(&plain(OPERATION, Method::POST, &url)).await?;
        let answer = CreateMultipartUpload::parse_response(&answer);
        let id = answer.map_err(|_| refusal(OPERATION, 200, "it gives no upload id"))?.upload_id().to_owned();
        crash_point("upload.began");
        Ok(Self { s3, key, id, held: BytesMut::new(), etags: Vec::new(), is_over: false })
    }

    async fn send_part(&mut self, body: Bytes) -> Result<(), BackupError> {
        let number = self.etags.len() + 1;
        if number > PARTS_MAX {
            return Err(BackupError::Invalid(
                "the backup is larger than an object may be (160 GB): use a folder".to_owned(),
            ));
        }
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        let s3 = &self.s3;
        let md5 = STANDARD.encode(Md5::digest(&body));
        let url = || {
            let mut part = s3.bucket.upload_part(Some(&s3.credentials), &self.key, number, &self.id);
            part.headers_mut().insert("content-md5", md5.clone());
            s3.sign(&part)
        };
        let headers = vec![("content-md5", md5.clone())];
        let request = Request { operation: OPERATION, method: Method::PUT, headers, body, url: &url };
        let answer = s3.send(&request).await?;
        let etag = answer.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
        let etag = etag.ok_or_else(|| refusal(OPERATION, 200, "it gives a part no ETag"))?.to_owned();
        self.etags.push(etag);
        crash_point("upload.part");
        Ok(())
    }
}

#[async_trait]
impl Upload for Multipart {
    async fn write(&mut self, bytes: Bytes) -> Result<(), BackupError> {
        crash_point("upload.block");
        self.held.extend_from_slice(&bytes);
        while self.held.len() > PART_BYTES {
            let part = self.held.split_to(PART_BYTES).freeze();
            self.send_part(part).await?;
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), BackupError> {
        let last = self.held.split().freeze();
        self.send_part(last).await?;
        crash_point("upload.written");
        let s3 = &self.s3;
        let complete = || {
            let etags = self.etags.iter().map(String::as_str);
            s3.bucket.complete_multipart_upload(Some(&s3.credentials), &self.key, &self.id, etags)
        };
        let url = || s3.sign(&complete());
        let request = Request { body: complete().body().into(), ..plain(OPERATION, Method::POST, &url) };
        let answer = match s3.text(&request).await {
            // An earlier try was taken, and its answer lost: what counts is whether the object is there.
            Err(BackupError::Refused { status: 404, code, .. }) if code == "NoSuchUpload" => {
                let name = self.key.strip_prefix(&s3.prefix).unwrap_or(&self.key);
                s3.size(name).await?;
                None
            }
            answer => Some(answer?),
        };
        // It may say 200, and in the body that it failed.
        if let Some(answer) = answer
            && CompleteMultipartUploadResponse::parse(&answer).is_err()
        {
            return Err(refusal(OPERATION, 200, error_code(&answer).unwrap_or("its answer cannot be read")));
        }
        self.is_over = true;
        crash_point("upload.named");
        Ok(())
    }

    async fn abandon(&mut self) {
        if self.is_over {
            return;
        }
        self.is_over = true;
        let s3 = &self.s3;
        let url = || s3.sign(&s3.bucket.abort_multipart_upload(Some(&s3.credentials), &self.key, &self.id));
        if let Err(error) = s3.send(&plain("give an upload up", Method::DELETE, &url)).await {
            tracing::warn!(error = %error, "parts of an upload that was given up stay until the bucket's rule removes them");
        }
    }
}
