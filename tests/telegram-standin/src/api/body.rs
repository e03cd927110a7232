//! Query string, JSON, form and multipart all become the same raw parameters.

use axum::{
    Form,
    body::Bytes,
    extract::{FromRequest, Multipart, Query, Request, multipart::MultipartError},
    http::{StatusCode, header::CONTENT_TYPE},
};
use serde_json::Value;

use super::{ApiError, Parameters, Upload};

/// Parameters of one request; more are an attack, not a call.
const PARAMETERS_MAX: usize = 1000;

/// Reads whatever the request carries. What is in the body wins over the query string.
pub(super) async fn read(request: Request) -> Result<Parameters, ApiError> {
    let mut parameters = Parameters::default();
    let query: Query<Vec<(String, String)>> = Query::try_from_uri(request.uri()).map_err(|_| bad_encoding())?;
    take_pairs(&mut parameters, query.0);
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => take_json(&mut parameters, &bytes(request).await?)?,
        "multipart/form-data" => take_parts(&mut parameters, request).await?,
        "application/x-www-form-urlencoded" if request.method() != axum::http::Method::GET => {
            let form: Form<Vec<(String, String)>> =
                Form::from_request(request, &()).await.map_err(|error| refused(error.status()))?;
            take_pairs(&mut parameters, form.0);
        }
        // The real server reads no body of another type either.
        _ => drop(bytes(request).await?),
    }
    if parameters.values.len() + parameters.files.len() > PARAMETERS_MAX {
        return Err(ApiError::bad("too many parameters"));
    }
    Ok(parameters)
}

fn bad_encoding() -> ApiError {
    ApiError::bad("strings must be encoded in UTF-8")
}

fn refused(status: StatusCode) -> ApiError {
    if status == StatusCode::PAYLOAD_TOO_LARGE { ApiError::too_large() } else { bad_encoding() }
}

async fn bytes(request: Request) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, &()).await.map_err(|error| refused(error.status()))
}

fn take_pairs(parameters: &mut Parameters, pairs: Vec<(String, String)>) {
    parameters.values.extend(pairs.into_iter().map(|(name, value)| (name, Value::String(value))));
}

fn take_json(parameters: &mut Parameters, body: &[u8]) -> Result<(), ApiError> {
    if body.is_empty() {
        return Ok(());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => parameters.values.extend(fields),
        Ok(_) => return Err(ApiError::bad("object expected as parameters")),
        Err(_) => return Err(ApiError::bad("can't parse JSON object")),
    }
    Ok(())
}

async fn take_parts(parameters: &mut Parameters, request: Request) -> Result<(), ApiError> {
    let broken = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::too_large(),
        _ => ApiError::bad("can't parse multipart/form-data"),
    };
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| ApiError::bad("can't parse multipart/form-data: boundary is missing"))?;
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let Some(name) = part.name().map(str::to_owned) else { continue };
        let file_name = part.file_name().map(str::to_owned);
        let mime_type = part.content_type().map(str::to_owned);
        let bytes = part.bytes().await.map_err(broken)?;
        if file_name.is_some() {
            parameters.files.insert(name, Upload { name: file_name, mime_type, bytes });
        } else {
            let text = String::from_utf8(bytes.to_vec()).map_err(|_| bad_encoding())?;
            parameters.values.insert(name, Value::String(text));
        }
    }
    Ok(())
}
