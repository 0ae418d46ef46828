{* The settings page of WooVtigerSync *}
{strip}
<div class="col-lg-12 col-md-12 col-sm-12" id="WooVtigerSyncSettings">
	<div class="editViewHeader"><h4>{vtranslate('LBL_WOOVTIGERSYNC', $QUALIFIED_MODULE)}&nbsp;<small>{$WVS_VERSION|escape}</small></h4></div>
	<hr>
	{if $WVS_MESSAGE neq ''}
		<div class="alert alert-success">{vtranslate($WVS_MESSAGE, $QUALIFIED_MODULE)|escape}{if $WVS_DETAIL neq ''}&nbsp;({$WVS_DETAIL|escape}){/if}</div>
	{/if}
	{if $WVS_FAULT neq ''}
		<div class="alert alert-danger">{vtranslate($WVS_FAULT, $QUALIFIED_MODULE)|escape}{if $WVS_DETAIL neq ''}&nbsp;({$WVS_DETAIL|escape}){/if}</div>
	{/if}
	{if $WVS_NEW_SECRET neq ''}
		<div class="alert alert-warning">
			<p>{vtranslate('LBL_SECRET_ONCE', $QUALIFIED_MODULE)|escape}</p>
			<p><code id="woovtigersyncSecret">{$WVS_NEW_SECRET|escape}</code></p>
		</div>
	{/if}
	<form class="form-horizontal" method="post" action="index.php" autocomplete="off">
		<input type="hidden" name="module" value="WooVtigerSync">
		<input type="hidden" name="parent" value="Settings">
		<input type="hidden" name="action" value="Save">
		<input type="hidden" name="mode" value="settings">
		<div class="form-group">
			<label class="col-sm-3 control-label" for="woovtigersyncUrl">{vtranslate('LBL_URL', $QUALIFIED_MODULE)|escape}</label>
			<div class="col-sm-7">
				<input class="inputElement" type="text" id="woovtigersyncUrl" name="callback_url" value="{$WVS_URL|escape}" placeholder="https://sync.example.com/webhooks/vtiger/shop">
				<p class="help-block">{vtranslate('LBL_URL_HELP', $QUALIFIED_MODULE)|escape}</p>
			</div>
		</div>
		<div class="form-group">
			<label class="col-sm-3 control-label" for="woovtigersyncSecretField">{vtranslate('LBL_SECRET', $QUALIFIED_MODULE)|escape}</label>
			<div class="col-sm-7">
				<input class="inputElement" type="password" id="woovtigersyncSecretField" name="callback_secret" value="" autocomplete="new-password">
				<p class="help-block">
					{if $WVS_HAS_SECRET}{vtranslate('LBL_SECRET_SET', $QUALIFIED_MODULE)|escape}{else}{vtranslate('LBL_SECRET_NONE', $QUALIFIED_MODULE)|escape}{/if}
				</p>
			</div>
		</div>
		<div class="form-group">
			<label class="col-sm-3 control-label">{vtranslate('LBL_MODULES', $QUALIFIED_MODULE)|escape}</label>
			<div class="col-sm-7">
				{foreach item=NAME from=$WVS_ALL_MODULES}
					<label class="checkbox-inline" style="padding-left: 0; margin-right: 20px;">
						<input type="checkbox" name="callback_modules[]" value="{$NAME}"{if in_array($NAME, $WVS_MODULES)} checked="checked"{/if}>&nbsp;{vtranslate($NAME, $NAME)|escape}
					</label>
				{/foreach}
			</div>
		</div>
		<div class="form-group">
			<div class="col-sm-offset-3 col-sm-7"><button type="submit" class="btn btn-success">{vtranslate('LBL_SAVE', $QUALIFIED_MODULE)|escape}</button></div>
		</div>
	</form>
	<div class="clearfix">
		<form method="post" action="index.php" style="display: inline-block; margin-right: 10px;">
			<input type="hidden" name="module" value="WooVtigerSync">
			<input type="hidden" name="parent" value="Settings">
			<input type="hidden" name="action" value="Save">
			<input type="hidden" name="mode" value="secret">
			<button type="submit" class="btn btn-default">{vtranslate('LBL_NEW_SECRET', $QUALIFIED_MODULE)|escape}</button>
		</form>
		<form method="post" action="index.php" style="display: inline-block; margin-right: 10px;">
			<input type="hidden" name="module" value="WooVtigerSync">
			<input type="hidden" name="parent" value="Settings">
			<input type="hidden" name="action" value="Save">
			<input type="hidden" name="mode" value="test">
			<button type="submit" class="btn btn-default"{if !$WVS_ACTIVE} disabled="disabled"{/if}>{vtranslate('LBL_TEST', $QUALIFIED_MODULE)|escape}</button>
		</form>
		<form method="post" action="index.php" style="display: inline-block;">
			<input type="hidden" name="module" value="WooVtigerSync">
			<input type="hidden" name="parent" value="Settings">
			<input type="hidden" name="action" value="Save">
			<input type="hidden" name="mode" value="resend">
			<button type="submit" class="btn btn-default"{if !$WVS_ACTIVE} disabled="disabled"{/if}>{vtranslate('LBL_RESEND_ALL', $QUALIFIED_MODULE)|escape}</button>
		</form>
	</div>
	<br>
	<p>
		{if $WVS_AT_ONCE}{vtranslate('LBL_AT_ONCE', $QUALIFIED_MODULE)|escape}{else}{vtranslate('LBL_BY_CRON', $QUALIFIED_MODULE)|escape}{/if}
		&nbsp;{vtranslate('LBL_WAITING', $QUALIFIED_MODULE)|escape}: {$WVS_COUNTS.waiting}, {vtranslate('LBL_FAILED', $QUALIFIED_MODULE)|escape}: {$WVS_COUNTS.failed}
	</p>
	<h5>{vtranslate('LBL_DELIVERIES', $QUALIFIED_MODULE)|escape}</h5>
	<table class="table table-bordered" id="woovtigersyncDeliveries">
		<thead>
			<tr>
				<th>{vtranslate('LBL_TIME', $QUALIFIED_MODULE)|escape}</th>
				<th>{vtranslate('LBL_RECORD', $QUALIFIED_MODULE)|escape}</th>
				<th>{vtranslate('LBL_EVENT', $QUALIFIED_MODULE)|escape}</th>
				<th>{vtranslate('LBL_STATUS', $QUALIFIED_MODULE)|escape}</th>
				<th>{vtranslate('LBL_ANSWER', $QUALIFIED_MODULE)|escape}</th>
				<th></th>
			</tr>
		</thead>
		<tbody>
			{foreach item=ROW from=$WVS_DELIVERIES}
				<tr>
					<td>{$ROW.since_text|escape}</td>
					<td><a href="{$ROW.link|escape}">{$ROW.module|escape} {$ROW.wsid|escape}</a></td>
					<td>{$ROW.event|escape} ({$ROW.origin|escape})</td>
					<td>{$ROW.status|escape} ({$ROW.attempts|escape}){if $ROW.due_text neq ''}<br>{vtranslate('LBL_NEXT', $QUALIFIED_MODULE)|escape} {$ROW.due_text|escape}{/if}</td>
					<td>{if $ROW.error neq ''}{$ROW.error|escape}{elseif $ROW.http gt 0}HTTP {$ROW.http|escape}{/if}{if $ROW.sent_text neq ''}<br>{$ROW.sent_text|escape}{/if}</td>
					<td>
						<form method="post" action="index.php">
							<input type="hidden" name="module" value="WooVtigerSync">
							<input type="hidden" name="parent" value="Settings">
							<input type="hidden" name="action" value="Save">
							<input type="hidden" name="mode" value="resend">
							<input type="hidden" name="delivery" value="{$ROW.id|escape}">
							<button type="submit" class="btn btn-default btn-sm"{if !$WVS_ACTIVE} disabled="disabled"{/if}>{vtranslate('LBL_RESEND', $QUALIFIED_MODULE)|escape}</button>
						</form>
					</td>
				</tr>
			{foreachelse}
				<tr><td colspan="6">{vtranslate('LBL_NO_DELIVERIES', $QUALIFIED_MODULE)|escape}</td></tr>
			{/foreach}
		</tbody>
	</table>
</div>
{/strip}
